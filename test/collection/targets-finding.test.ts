import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kubectlFinder } from '../../src/collection/collectors/kubectl/targets.ts';
import { commandFinder, isPodName } from '../../src/collection/collectors/targets.ts';
import { chosen, podNamesOf } from '../../src/collection/targets/pods.ts';
import { PermanentlyFailed } from '../../src/kernel/react/failures.ts';
import { createSpawner } from '../../src/programs/spawner.ts';
import { plan, pod } from '../support/events.ts';
import { failureOf } from '../support/failure.ts';
import { type Cluster, clusterOf, podNumber } from '../support/kubectl/cluster.ts';
import { standInSpawner } from '../support/kubectl/use-cluster.ts';

const { kubeContext, namespace, sts } = pod;
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alert-watcher-targets-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const task = () => ({ kubeContext, namespace, sts, directory, signal: new AbortController().signal });
const names = (...numbers: number[]) => numbers.map((number) => `${sts}-${String(number)}`);

describe('by kubectl, the pods of a StatefulSet', () => {
  const find = (cluster: Cluster, more = {}) =>
    kubectlFinder({}, standInSpawner(cluster))({ ...task(), ...more });
  const threeOf = (more: Partial<Cluster> = {}) =>
    clusterOf({
      statefulSet: { name: sts, replicas: 3 },
      pod: podNumber(0),
      others: [podNumber(1), podNumber(2)],
      ...more,
    });

  it('are those that it should have and that run', async () => {
    const cluster = threeOf();
    expect(await find(cluster)).toEqual({ pods: names(0, 1, 2), leftOut: [] });
    const common = [`--context=${kubeContext}`, `--namespace=${namespace}`, 'get'];
    const ending = ['--output=json', '--request-timeout=20s'];
    expect(cluster.calls).toEqual([
      [...common, 'statefulset', sts, ...ending],
      [...common, 'pods', ...names(0, 1, 2), '--ignore-not-found', ...ending],
    ]);
  });

  it('that are gone or do not run are left out, each with its reason', async () => {
    const cluster = threeOf({ others: [{ ...podNumber(2), phase: 'Pending' }] });
    expect(await find(cluster)).toEqual({
      pods: names(0),
      leftOut: [
        { pod: `${sts}-1`, reason: 'not-found', message: `there is no pod ${sts}-1 in ${namespace} of ${kubeContext}` },
        { pod: `${sts}-2`, reason: 'not-running', message: `the pod ${sts}-2 does not run: it is Pending` },
      ],
    }); // prettier-ignore
  });

  it('may be one, of which kubectl prints no list, and may be numbered from elsewhere', async () => {
    expect(await find(clusterOf())).toEqual({ pods: names(0), leftOut: [] });
    const cluster = threeOf({ statefulSet: { name: sts, replicas: 2, start: 1 } });
    expect(await find(cluster)).toEqual({ pods: names(1, 2), leftOut: [] });
  });

  it('are not found where there are none, and it is said why', async () => {
    const gone = await failureOf(find(clusterOf({ statefulSet: null })));
    expect(gone).toBeInstanceOf(PermanentlyFailed);
    expect(gone).toMatchObject({ code: 'targets-not-found' });
    expect(gone.message).toContain(`StatefulSet ${sts} in ${namespace} of ${kubeContext}`);
    const scaled = await failureOf(find(threeOf({ statefulSet: { name: sts, replicas: 0 } })));
    expect(scaled).not.toBeInstanceOf(PermanentlyFailed);
    expect(scaled.message).toContain('is scaled to 0 pods');
    const none = await failureOf(find(threeOf({ pod: null, others: [] })));
    expect(none).toMatchObject({ code: 'targets-not-found' });
    expect(none.message).toContain(`there is no pod ${sts}-2`);
  });

  it('are not asked for where kubectl may not, or a name cannot be one', async () => {
    const forbidden = await failureOf(find(threeOf({ forbidden: ['get statefulsets'] })));
    expect(forbidden).toMatchObject({ code: 'forbidden' });
    expect(forbidden.message).toContain('give it the verb get on statefulsets');
    expect(await failureOf(find(threeOf({ isDown: true })))).toMatchObject({ code: 'cluster-unreachable' });
    const cluster = threeOf();
    for (const name of ['--kubeconfig=x', 'pods/x', 'A', '', 'a b'])
      expect(await failureOf(find(cluster, { sts: name }))).toBeInstanceOf(PermanentlyFailed);
    expect(await failureOf(find(cluster, { namespace: '--all-namespaces' }))).toBeInstanceOf(PermanentlyFailed); // prettier-ignore
    expect(cluster.calls).toEqual([]);
  });
});

describe('by a program, the pods of a StatefulSet', () => {
  const spawner = createSpawner();
  afterAll(() => spawner.close());
  const find = (code: string, ...args: string[]) =>
    commandFinder([process.execPath, '-e', code, '--', ...args], spawner)(task());
  const print = 'process.stdout.write(process.argv.slice(1).join("\\n"))';

  it('are the names that it prints, in the order of their numbers, each argument filled in by itself', async () => {
    const found = await find(print, '{sts}-10', 'pod/{sts}-2', '{sts}-10');
    expect(found).toEqual({ pods: names(2, 10), leftOut: [] });
  });

  it('are not taken from what cannot be a name, or from nothing', async () => {
    for (const odd of ['--kubeconfig=x', '../x', 'A', '$(id)'])
      expect(await failureOf(find(print, odd))).toMatchObject({ code: 'targets-unreadable' });
    // What is cut is another name, and so many are of no StatefulSet.
    const tooMuch = ['"a".repeat(300_000)', '"a ".repeat(200_000)', 'Array.from({ length: 1_001 }, (_, n) => "a-" + n).join(" ")']; // prettier-ignore
    for (const much of tooMuch)
      expect(await failureOf(find(`process.stdout.write(${much})`))).toMatchObject({
        code: 'targets-unreadable',
      });
    const nothing = await failureOf(find('console.error("No resources found")'));
    expect(nothing).toMatchObject({
      code: 'targets-not-found',
      details: { stderrTail: 'No resources found\n' },
    });
    const failed = await failureOf(find('process.stderr.write("no such cluster"); process.exit(3)'));
    expect(failed).toMatchObject({ code: 'collector-exited', details: { exitCode: 3, stderrTail: 'no such cluster' } }); // prettier-ignore
  });
});

describe('the pods that a plan wants', () => {
  const targets = fc.record({
    statefulSet: fc.constantFrom('all' as const, 'one' as const),
    max: fc.integer({ min: 1, max: 100 }),
  });

  it('are at most so many, and every other one is left out with a reason', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 120 }), targets, (count, wanted) => {
        const pods = podNamesOf('crate', count);
        const found = chosen({ pods, leftOut: [] }, { ...plan, targets: wanted });
        expect(found.pods).toEqual(pods.slice(0, wanted.statefulSet === 'one' ? 1 : wanted.max));
        expect([...found.pods, ...found.leftOut.map((each) => each.pod)]).toEqual(pods);
      }),
    );
  });

  it('have names that are arguments and tokens without harm', () => {
    fc.assert(fc.property(fc.string(), (name) => !isPodName(name) || /^[a-z0-9][a-z0-9.-]*$/.test(name)));
  });
});
