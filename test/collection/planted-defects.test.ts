import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditResult, createAudit, type AuditEnd } from '../../src/collection/audit/audit.ts';
import { promises } from '../../src/collection/audit/promises.ts';
import type { StoredMessage } from '../../src/events/envelope.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { readRange } from '../../src/log/read.ts';
import type { Defect } from '../support/defects/defect.ts';
import { ofAlerts } from '../support/defects/of-alerts.ts';
import { ofDecisions } from '../support/defects/of-decisions.ts';
import { ofSearches } from '../support/defects/of-searches.ts';
import { ofAttempts, ofEnds, ofRecordings } from '../support/defects/of-runs.ts';
import { eventfulService } from '../support/eventful.ts';
import { useNats } from '../support/nats.ts';
import { numbered, type Soil, soilOf } from '../support/planting.ts';
import { useServices } from '../support/service.ts';

const nats = useNats();
const start = useServices(afterAll);
let soil: Soil;

beforeAll(async () => {
  const service = await eventfulService(start, nats.freshUrl());
  const messages: StoredMessage[] = [];
  for await (const message of readRange(service.app.log.connection, streamName, { filter: 'aw.>' }))
    messages.push(message);
  soil = soilOf(messages);
});

function auditOf(messages: readonly StoredMessage[], ending: AuditEnd = {}): AuditResult {
  const audit = createAudit();
  for (const message of numbered(messages)) audit.apply(message);
  return audit.finish({ settled: true, ...ending });
}

const defects = [...ofAlerts, ...ofEnds, ...ofRecordings, ...ofAttempts, ...ofDecisions, ...ofSearches];
const numbers = ({ breaks }: Defect) => breaks.map(String).join(', ');
const cases = defects.map((each) => [each.defect, each] as const);

describe('the history of a real service', () => {
  it('breaks no promise as it is', () => {
    expect(auditOf(soil.messages)).toMatchObject({
      ...{ violations: [], notes: [], open: [] },
      waiting: [{ what: 'waits for the end of the cooldown' }],
    });
  });

  it.each(cases)('breaks what it should: %s', (_, defect) => {
    const { messages, concerned, ending } = defect.plant(soil);
    const { violations } = auditOf(messages, ending);
    const found = [...new Set(violations.map(({ promise }) => promise))];
    expect(found.sort()).toEqual([...defect.breaks].sort());
    const sequences = concerned.map((message) => messages.indexOf(message) + 1).sort((a, b) => a - b);
    const said = violations.filter(({ promise }) => promise === defect.breaks[0]);
    expect(said).toMatchObject([
      { what: expect.stringMatching(patternOf(defect.says)) as string, sequences },
    ]);
  });

  it('has a defect planted for each promise', () => {
    const broken = new Set(defects.map(({ breaks }) => String(breaks[0])));
    expect([...broken]).toEqual(Object.keys(promises));
  });
});

it('docs/reliability.md says of each planted defect what the audit says', () => {
  const text = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8');
  const [, section = ''] = text.split('\n## What the audit finds\n');
  const rows = (section.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(rows).toEqual(defects.map((each) => [each.defect, numbers(each), `\`${each.says}\``]));
});

function patternOf(says: string): RegExp {
  const parts = says.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`);
}
