import { execa } from 'execa';
import { contextsOf } from '../../collection/able/lacks.ts';
import { defaultOptions } from '../../collection/collectors/kubectl/options.ts';
import type { Rules } from '../../config/file.ts';
import { commonEnvironment } from '../../programs/environment.ts';
import { failed, ok, type ProbeOutcome, type NamedProbe, probeMs, skipped } from './probe.ts';

/** How kubectl is run for rows of one collector. */
interface Kubectl {
  program: string;
  env: Record<string, string>;
  inCluster: string | undefined;
}

/** The contexts that kubectl knows, and each cluster that a row with `driver: kubectl` names. */
export function probeKubernetes({ collections, collectors }: Rules): NamedProbe[] {
  const rows = collections.flatMap(({ name, match, plan }) => {
    const config = collectors[plan.collector];
    if (!config || !('driver' in config) || config.driver !== 'kubectl') return [];
    const named = (config.env ?? []).flatMap((each) => {
      const value = process.env[each];
      return value === undefined ? [] : [[each, value] as const];
    });
    const env = { ...commonEnvironment(process.env), ...Object.fromEntries(named) };
    const kubectl: Kubectl = {
      program: config.kubectl ?? defaultOptions.kubectl,
      env,
      inCluster: config.inCluster,
    };
    return [{ name, contexts: contextsOf(match), kubectl }];
  });
  const probes = rows.flatMap(({ name, contexts, kubectl }): NamedProbe[] => [
    contextsProbe(kubectl),
    ...contexts.map((context) => clusterProbe(kubectl, context)),
    ...(contexts.length === 0 && kubectl.inCluster !== undefined
      ? [clusterProbe(kubectl, kubectl.inCluster)]
      : []),
    ...(contexts.length === 0 ? [openRow(name)] : []),
  ]);
  // Rows share programs and clusters.
  return [...new Map(probes.map((probe) => [probe.name, probe])).values()];
}

function openRow(row: string): NamedProbe {
  const why = 'no kube_context="…" in match: which cluster it is, each alert says';
  return { name: `cluster of row ${row}`, run: () => Promise.resolve(skipped(why)) };
}

function contextsProbe(kubectl: Kubectl): NamedProbe {
  const run = async (signal: AbortSignal): Promise<ProbeOutcome> => {
    const { exitCode, stdout, words } = await runKubectl(
      kubectl,
      ['config', 'get-contexts', '-o', 'name'],
      signal,
    );
    if (exitCode !== 0) return failed(words, 'run the same command by hand, as the user of the service');
    const contexts = stdout.split('\n').filter(Boolean);
    if (contexts.length > 0) return ok(contexts.join(', '));
    if (kubectl.inCluster !== undefined)
      return ok(`none; ${kubectl.inCluster} is the cluster that this runs in`);
    return failed(
      'kubectl knows no context',
      'set KUBECONFIG to a kubeconfig with a context for each kube_context, or `inCluster` in the collector',
    );
  };
  return { name: `contexts of ${kubectl.program}`, run };
}

function clusterProbe(kubectl: Kubectl, context: string): NamedProbe {
  const run = async (signal: AbortSignal): Promise<ProbeOutcome> => {
    const aim = context === kubectl.inCluster ? [] : [`--context=${context}`];
    const seconds = String(probeMs / 1_000);
    const args = [...aim, 'get', '--raw', '/readyz', `--request-timeout=${seconds}s`];
    const { exitCode, words } = await runKubectl(kubectl, args, signal);
    return exitCode === 0 ? ok('its API server is ready') : failed(words, actionOn(words, context));
  };
  return { name: `cluster ${context}`, run };
}

function actionOn(words: string, context: string): string {
  if (/does not exist|no context exists/.test(words))
    return `add the context ${context} to the kubeconfig, or correct kube_context in \`match\``;
  if (/forbidden|Unauthorized|must be logged in|provide credentials/i.test(words))
    return 'the cluster answers and refuses these credentials: renew them, or give the user its rights (docs/kubectl-collector.md)';
  return 'check the address of the cluster in the kubeconfig, and the network';
}

async function runKubectl({ program, env }: Kubectl, args: string[], cancelSignal: AbortSignal) {
  const result = await execa(program, args, {
    ...{ env, extendEnv: false, stdin: 'ignore', reject: false, cancelSignal, forceKillAfterDelay: 100 },
    maxBuffer: 1_000_000,
  });
  cancelSignal.throwIfAborted();
  const said = result.stderr.trim().split('\n').at(-1) ?? '';
  const words =
    said ||
    (result.exitCode === undefined ? `${program} cannot be started` : `exit code ${String(result.exitCode)}`);
  return { exitCode: result.exitCode, stdout: result.stdout, words };
}
