/**
 * The HTTP API of the service, as the page uses it. Errors are ApiProblem, with a text for people.
 *
 * @import { Health } from './types.ts'
 */

export class ApiProblem extends Error {
  /** @override */
  name = 'ApiProblem';
  /**
   * @param {string} message
   * @param {string} code of the problem details, or `unreachable`
   * @param {Record<string, unknown>} [problem]
   */
  constructor(message, code, problem = {}) {
    super(message);
    this.code = code;
    this.problem = problem;
  }
}

let ahead = 0;

/** Milliseconds since 1970 by the clock of the service: that of a laptop may be wrong by minutes. */
export function serviceNow() {
  return Date.now() + ahead;
}

/**
 * @param {string} path with its query, below `/api/v1/`
 * @param {AbortSignal} [signal]
 * @returns {Promise<unknown>}
 */
export function get(path, signal) {
  return ask(`/api/v1/${path}`, signal ? { signal } : {});
}

/**
 * @param {string} path below `/api/v1/`
 * @param {Record<string, unknown>} body
 * @returns {Promise<unknown>}
 */
export function post(path, body) {
  const headers = { 'content-type': 'application/json' };
  return ask(`/api/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The service bounds what it looks at to 1 s. */
const healthMs = 1_500;

/** @returns {Promise<Health>} never rejects */
export async function readHealth() {
  try {
    const response = await fetch('/ready', { signal: AbortSignal.timeout(healthMs) });
    learnClock(response);
    const health = /** @type {unknown} */ (await response.json());
    return /** @type {Health} */ (health);
  } catch {
    return { status: 'unreachable', checks: {} };
  }
}

/**
 * @param {string} url
 * @param {RequestInit} options
 * @returns {Promise<unknown>}
 */
async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiProblem('the service cannot be reached', 'unreachable');
  }
  learnClock(response);
  if (response.ok) return response.json();
  // What stands before the service may answer with something else.
  const problem = /** @type {Record<string, unknown>} */ (await parsed(response));
  const text = typeof problem['detail'] === 'string' ? problem['detail'] : `HTTP ${response.status}`;
  const code = typeof problem['code'] === 'string' ? problem['code'] : String(response.status);
  throw new ApiProblem(text, code, problem);
}

/** @param {Response} response */
function learnClock(response) {
  const date = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(date)) return;
  // The header has whole seconds, and the way takes time too.
  const difference = date + 500 - Date.now();
  ahead = Math.abs(difference) < 2_000 ? 0 : difference;
}

/**
 * @param {Response} response
 * @returns {Promise<unknown>}
 */
async function parsed(response) {
  try {
    /** @type {unknown} */
    const body = await response.json();
    return body;
  } catch {
    return {};
  }
}
