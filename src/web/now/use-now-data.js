/** What the view of now reads from the service: counts, not lists, so that a storm costs no more than a calm. */
import { activeStates } from '../data/model.js';
import { useData } from '../data/use-data.js';
import { useModel, useTick } from '../parts/ui.js';

/**
 * @import { AlertGroup, Counted, ShownSource } from '../data/types.ts'
 * @typedef {object} NowData each is undefined until it is known
 * @property {Counted | undefined} states
 * @property {Counted | undefined} namespaces of what is under way
 * @property {Counted | undefined} failures of the last 24 h, by error code
 * @property {readonly AlertGroup[] | undefined} alerts of the last 24 h
 * @property {readonly ShownSource[] | undefined} sources
 * @property {unknown} error the first of any
 */

const active = activeStates
  .split(',')
  .map((state) => `state=${state}`)
  .join('&');
/** Alerts are not counted but read. */
const costlyMs = 5_000;

/** @returns {NowData} */
export function useNowData() {
  const { store, generation } = useModel();
  const last = store.lastSequence;
  const lately = `${last} ${useTick()}`;
  const states = useData('collections/counts?by=state', generation, last);
  const namespaces = useData(`collections/counts?by=namespace&${active}`, generation, last);
  const failures = useData('collections/counts?by=errorCode&state=failed&since=24h', generation, last);
  const alerts = useData('alerts/groups?since=24h', generation, lately, costlyMs);
  const sources = useData('sources', generation, lately, costlyMs);
  return {
    states: /** @type {Counted | undefined} */ (states.data),
    namespaces: /** @type {Counted | undefined} */ (namespaces.data),
    failures: /** @type {Counted | undefined} */ (failures.data),
    alerts: /** @type {{ items: AlertGroup[] } | undefined} */ (alerts.data)?.items,
    sources: /** @type {{ items: ShownSource[] } | undefined} */ (sources.data)?.items,
    error: [states, namespaces, failures, alerts, sources].find(({ error }) => error !== undefined)?.error,
  };
}

/**
 * How many are in these states.
 *
 * @param {Counted | undefined} counted
 * @param {string} names with commas between them
 */
export function countOf(counted, names) {
  return counted?.items
    .filter(({ value }) => names.split(',').includes(value))
    .reduce((sum, { count }) => sum + count, 0);
}
