import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bounded } from '../../src/telemetry/bounded.ts';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

it('an alert name of a megabyte, and labels of it, reach neither the metrics nor the log', async () => {
  const lines: string[] = [];
  const service = await start(nats.freshUrl(), {}, (line) => lines.push(line));
  const huge = 'x'.repeat(1_000_000);
  const labels = { alertname: huge, namespace: huge, pod: huge, kube_context: huge };
  expect(await service.post(alertBody(labels))).toMatchObject({ status: 200, json: { accepted: 1 } });

  const metrics = await fetch(`${service.url}/metrics`).then((answer) => answer.text());
  expect(metrics).toContain(`alertname="${'x'.repeat(255)}…"`);
  expect(metrics).not.toContain('x'.repeat(257));
  const [line = ''] = lines.filter((each) => each.includes('"alert received"'));
  const cut = `${'x'.repeat(255)}…`;
  expect(JSON.parse(line)).toMatchObject({ alertname: cut, namespace: cut, pod: cut, kube_context: cut });
  for (const each of lines) expect(each.length).toBeLessThan(4_000);
});

it('a text is bounded always, marked where it was cut, and never left with half of a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      const cut = bounded(text);
      expect(cut.length).toBeLessThanOrEqual(256);
      if (text.length <= 256) expect(cut).toBe(text);
      else expect([cut.endsWith('…'), cut.isWellFormed()]).toEqual([true, true]);
    }),
  );
});
