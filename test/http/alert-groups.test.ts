import { expect, it } from 'vitest';
import { readGroups } from '../../src/alerts/read-groups.ts';
import { streamName } from '../../src/log/streams/definitions.ts';
import { useNats } from '../support/nats.ts';
import { useServices } from '../support/service.ts';
import { until } from '../support/until.ts';
import { alertBody } from '../support/webhook.ts';

const nats = useNats();
const start = useServices();

it('alerts are grouped by name and namespace, with what became of them, the newest group first', async () => {
  const service = await start(nats.freshUrl());
  const restart = { alertname: 'CrateDBContainerRestart', namespace: 'search', pod: 'search-0' };
  await service.post(alertBody(restart));
  await service.whenState('uploaded');
  await service.post(alertBody({ ...restart, instance: 'again' }));
  await service.post(alertBody({ ...restart, pod: '' }));
  await service.post(alertBody(restart, { status: 'resolved' }));
  await service.post(alertBody({ alertname: 'DiskFull', namespace: 'search', pod: 'search-1' }));
  const ask = async (query: string) => (await service.get(`/api/v1/alerts/groups?${query}`)).items;
  // Each question is another one: answers are kept for a moment.
  let minutes = 60;
  const groups = await until('the decisions', async () => {
    const items = await ask(`since=${String((minutes += 1))}m`);
    return (items[1]?.['outcomes'] as { undecided: number }).undecided === 0 && items;
  });

  const none = { attached: 0, searching: 0, undecided: 0 };
  expect(groups).toMatchObject([
    {
      ...{ alertname: 'DiskFull', namespace: 'search', alerts: 1, firing: 1, resolved: 0 },
      outcomes: { ...none, recorded: 0, suppressed: 0, declined: 0, unmatched: 1 },
      ...{ reasons: [], pods: ['search-1'], morePods: 0 },
    },
    {
      ...{ alertname: 'CrateDBContainerRestart', alerts: 3, firing: 2, resolved: 1, fingerprints: 3 },
      outcomes: { ...none, recorded: 1, suppressed: 1, declined: 1, unmatched: 0 },
      pods: ['search-0'],
    },
  ]);
  expect(groups[1]?.['reasons']).toEqual(
    expect.arrayContaining([
      { reason: 'cooldown', count: 1 },
      { reason: 'the alert has no label pod', count: 1 },
    ]),
  );
  expect((await ask('prefix=disk')).map(({ alertname }) => alertname)).toEqual(['DiskFull']);
  expect(await ask('until=1h')).toEqual([]);
});

it('says down to where it was read where there is no time for all', async () => {
  const service = await start(nats.freshUrl());
  const { alerts: [alert], ...body } = alertBody({ alertname: 'Many' }); // prettier-ignore
  const many = Array.from({ length: 1_200 }, (_, index) => ({
    ...alert,
    labels: { ...alert?.labels, instance: String(index) },
  }));
  await service.post({ ...body, alerts: many });
  const { connection } = service.app.log;
  const read = (patience?: number) =>
    readGroups({ connection, stream: streamName }, {}, () => false, patience);
  const [whole, cut] = [await read(), await read(0)];
  expect(whole).toMatchObject({ items: [{ alerts: 1_200, outcomes: { unmatched: 1_200 } }] });
  expect(whole.downTo).toBeUndefined();
  expect(cut.items[0]?.alerts).toBe(whole.asOf - (cut.downTo ?? 0) + 1);
});
