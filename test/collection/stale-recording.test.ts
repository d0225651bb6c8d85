import { describe, expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { assertBegan, type CheckedRecording } from '../../src/collection/collect/check-recording.ts';
import { timeOf } from '../../src/events/instant.ts';
import { eventsOf } from '../support/log.ts';
import { useNats } from '../support/nats.ts';
import { quickRules, useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();
const sample = fileURLToPath(new URL('../../src/collection/collectors/sample.jfr', import.meta.url));

/** A collector that hands out the sample, its start moved to so many seconds from now, as far as it is told. */
function rules({ seconds, more = '' }: { seconds?: number; more?: string }) {
  const move = `chunk.writeBigInt64BE(BigInt(Date.now() + ${String((seconds ?? 0) * 1_000)}) * 1000000n, 32);`;
  const code = `const chunk = require('fs').readFileSync(${JSON.stringify(sample)});
    ${seconds === undefined ? '' : move} require('fs').writeFileSync('out.jfr', chunk);`;
  return quickRules(`collections:
  - match: ['alertname=~".+"']
    collector: mine
    durationSeconds: 0.05
    backoff: { initialSeconds: 0.05 }
    retry: { stale-recording: { maxAttempts: 2 } }
collectors: { mine: { command: ${JSON.stringify([process.execPath, '-e', code])}${more} } }
`);
}

describe('a recording that a command brings', () => {
  it('and that began before its attempt is of another time: the attempt fails, and says what may be the matter', async () => {
    const service = await start(nats.freshUrl(), { rules: rules({}) });
    await service.post(alertBody({}));
    await service.whenState('failed');
    const { connection } = service.app.log;
    const failures = await eventsOf(connection, 'CollectionAttemptFailed');
    expect(failures.map(({ data }) => data.error.code)).toEqual(['stale-recording', 'stale-recording']);
    expect(failures[0]?.data.error.message).toMatch(/^the recording began at 20.+Z, \d+ d( \d+ h)? before this attempt \(20.+Z\): .*allowEarlierStart: true/); // prettier-ignore
    expect(await eventsOf(connection, 'JfrCollected')).toEqual([]);
  });

  it.each([
    ['began during its attempt', { seconds: 0 }],
    ['began a little before it by the clock of another machine', { seconds: -50 }],
    [
      'was running before it, where the collector is said to dump such',
      { more: ', allowEarlierStart: true' },
    ],
  ])('and that %s is kept', async (_, which) => {
    const service = await start(nats.freshUrl(), { rules: rules(which) });
    await service.post(alertBody({}));
    await service.whenState('uploaded');
  });

  it('is measured to the minute', () => {
    const at = Date.parse('2026-11-20T19:10:40.000Z');
    const of = (startedAt: string) => ({ startedAt }) as CheckedRecording;
    expect(() => assertBegan(of(timeOf(at - 60_000)), timeOf(at))).not.toThrow();
    expect(() => assertBegan(of(timeOf(at - 60_001)), timeOf(at))).toThrow('1 min before this attempt');
  });
});
