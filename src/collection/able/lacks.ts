import { isAbsolute } from 'node:path';
import { whyNotStartable } from '../../programs/find-program.ts';
import { parseMatcher } from '../../kernel/matchers.ts';
import { builtInCollector } from '../built-in.ts';
import { type ProgramNeed, rowOfCollector } from '../collectors/rows.ts';
import type { CollectorConfig } from '../collectors/schemas.ts';
import type { CollectionRules } from '../config.ts';
import type { PolicyRow } from '../intake/policy.ts';
import { readContexts } from './kubeconfig.ts';

type Rules = Pick<CollectionRules, 'collections' | 'collectors'>;

/** Something of this machine that rows of `collections` need and that is not there. */
export interface Lack {
  collector: string;
  /** Names of the rows that need it. */
  rows: string[];
  /** What cannot be done without it: record, or find the pods of a StatefulSet. */
  stops: ProgramNeed['for'];
  /** What an attempt fails with. */
  code: 'collector-not-found' | 'collector-not-executable' | 'context-unknown';
  /** The program that is not there; absent where it is a context. */
  program?: string;
  /** What is missing, such as `collector hemako: the program hemako is not on PATH`. */
  sentence: string;
  /** What to do about it. */
  action: string;
}

/** A program of this machine, and the rows that need it. */
interface Use extends ProgramNeed {
  collector: string;
  rows: string[];
}

/** The programs without which rows record nothing, or find no pods. */
export function programsOf({ collections, collectors }: Rules): Use[] {
  return Object.entries(collectors).flatMap(([collector, config]) => {
    const rows = collections.filter(({ plan }) => plan.collector === collector);
    const uses = (rowOfCollector(config).programs?.(config) ?? []).map((need) => {
      const needing = rows.filter((row) => need.for === 'recording' || findsPods(row));
      return { ...need, collector, rows: needing.map(({ name }) => name) };
    });
    return uses.filter((use) => use.rows.length > 0);
  });
}

/** All that rows need and this machine lacks. Looks at files and starts no program. */
export async function lacksOf(rules: Rules): Promise<Lack[]> {
  const uses = programsOf(rules);
  const ofPrograms = await Promise.all(
    uses.map((use) => lackOfProgram(use, rules.collectors[use.collector])),
  );
  return [...ofPrograms.filter((lack) => lack !== undefined), ...(await lacksOfContexts(rules))];
}

/** What a row lacks, the worst first: `recording` stops everything that it does. */
export function lacksOfRow(lacks: readonly Lack[], { name, plan }: PolicyRow): Lack[] {
  // Two rows may have one name.
  const own = lacks.filter(({ rows, collector }) => rows.includes(name) && collector === plan.collector);
  return own.sort((a, b) => a.stops.localeCompare(b.stops));
}

/** True where the pods of a StatefulSet are looked for by the collector. */
function findsPods({ plan: { targets } }: PolicyRow): boolean {
  return targets !== undefined && targets.replicas === undefined;
}

async function lackOfProgram(use: Use, config: CollectorConfig | undefined): Promise<Lack | undefined> {
  const { collector, program, rows, for: stops } = use;
  const failure = await whyNotStartable(program);
  if (!failure) return undefined;
  const code = failure.code === 'collector-not-executable' ? failure.code : 'collector-not-found';
  const what = { collector, program, rows, stops, code } as const;
  const missing = `the program ${program} ${missingText(program, code)}`;
  if (stops === 'targets') {
    const sentence = `targetsCommand of collector ${collector}: ${missing}, so the pods of a StatefulSet cannot be found; alerts that name a pod are recorded`;
    return { ...what, sentence, action: `${repairText(program, code)}, or set targets.replicas in the row` };
  }
  const action =
    config === builtInCollector
      ? `hemako is a company's own tool and does not come with Alert Watcher. If you have it, put it on PATH. If not, set \`collector:\` in the row to one with \`driver: kubectl\` (docs/kubectl-collector.md), or try docs/examples/simulated.yaml first`
      : `${repairText(program, code)}, or set \`collector:\` in the row to another one (docs/deployment.md, "The program of a collector")`;
  return { ...what, sentence: `collector ${collector}: ${missing}`, action };
}

function missingText(program: string, code: Lack['code']): string {
  if (code === 'collector-not-executable') return 'may not be executed by this user';
  if (isAbsolute(program)) return 'is not there';
  return program.includes('/') ? 'is a relative path, and never found' : 'is not on PATH';
}

function repairText(program: string, code: Lack['code']): string {
  if (code === 'collector-not-executable') return `make it executable (chmod a+x)`;
  const isRelative = program.includes('/') && !isAbsolute(program);
  return isRelative ? 'write an absolute path, or a name that is on PATH' : 'install it';
}

/** Contexts that rows ask for by name and that kubectl does not know. */
async function lacksOfContexts({ collections, collectors }: Rules): Promise<Lack[]> {
  const asking = collections.flatMap((row) => {
    const config = collectors[row.plan.collector];
    const asks = config && rowOfCollector(config).usesContext;
    const named = contextsOf(row.match).filter((context) => asks?.(config, context));
    return named.map((context) => ({ row, context }));
  });
  const known = asking.length > 0 ? await readContexts(process.env) : undefined;
  // What cannot be read by us may be read by kubectl.
  if (!known) return [];
  return asking.flatMap(({ row, context }): Lack[] => {
    if (known.has(context)) return [];
    const { collector } = row.plan;
    const sentence = `collector ${collector}: kubectl has no context ${context}`;
    const action = `add it to the kubeconfig of this service (KUBECONFIG), or correct kube_context in \`match\`, or set \`inCluster: ${context}\` if it is the cluster that this service runs in`;
    return [{ collector, rows: [row.name], stops: 'recording', code: 'context-unknown', sentence, action }];
  });
}

/** The only contexts that alerts of a row can have, where its matchers say them. */
export function contextsOf(match: readonly string[]): string[] {
  const matchers = match.map(parseMatcher);
  return matchers.flatMap(({ name, operator, value }) =>
    name === 'kube_context' && operator === '=' && value !== '' ? [value] : [],
  );
}
