// Posts webhooks as AW_POST says (PostOrder in post.ts) and prints when each was written and answered.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { webhook } from '../support/webhook.ts';
import type { Posted, PostOrder } from './post.ts';

const order = JSON.parse(process.env['AW_POST'] ?? '{}') as PostOrder;
const { urls, pods, requests, alertsPerRequest, connections, perSecond, labels } = order;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const template = webhook();
const startsAt = new Date().toISOString();
const posted: Posted[] = [];

const now = () => performance.timeOrigin + performance.now();
const podOf = (number: number) => `${pods}-${String(number)}`;

function bodyOf(index: number): Buffer {
  const [alert] = template.alerts;
  const alerts = Array.from({ length: alertsPerRequest }, (_, each) => {
    const pod = podOf(index * alertsPerRequest + each);
    const fingerprint = createHash('sha256').update(pod).digest('hex').slice(0, 16);
    return { ...alert, startsAt, fingerprint, labels: { ...alert?.labels, pod, ...labels } };
  });
  return Buffer.from(JSON.stringify({ ...template, alerts }));
}

async function postOne(body: Buffer, index: number): Promise<void> {
  const url = new URL('/webhook/alertmanager', urls[index % urls.length]);
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const sent = request(url, { method: 'POST', agent, headers });
  const at = now();
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  if (response.statusCode !== 200) {
    throw new Error(`answered ${String(response.statusCode)}: ${Buffer.concat(parts).toString()}`);
  }
  posted.push({ pod: podOf(index * alertsPerRequest), at, answeredAfterMs: now() - at });
}

async function onSchedule(rate: number): Promise<void> {
  const beginning = performance.now();
  const sending: Promise<void>[] = [];
  for (const [index, body] of bodies.entries()) {
    const waitMs = beginning + (index * 1_000) / rate - performance.now();
    if (waitMs > 0) await delay(waitMs);
    sending.push(postOne(body, index));
  }
  await Promise.all(sending);
}

async function asFastAsAnswered(): Promise<void> {
  const next = bodies.entries();
  const takeTurns = async () => {
    for (const [index, body] of next) await postOne(body, index);
  };
  await Promise.all(Array.from({ length: connections }, takeTurns));
}

const bodies = Array.from({ length: requests }, (_, index) => bodyOf(index));
await (perSecond === undefined ? asFastAsAnswered() : onSchedule(perSecond));
agent.destroy();
process.stdout.write(JSON.stringify(posted));
