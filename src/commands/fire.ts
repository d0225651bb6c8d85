import { Command, InvalidArgumentError, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/fault.ts';
import { countArgument } from './terminal/arguments.ts';
import { createBar } from './fire/bar.ts';
import { bodyForms, type Drill, type DrillFormat, runDrill } from './fire/drill.ts';
import { type Scenario, scenarios } from './fire/scenarios.ts';
import { textOf } from './fire/text.ts';
import { listenForInterruption } from './terminal/interruption.ts';
import { jsonLine } from '../telemetry/printable.ts';

interface Options {
  list?: boolean;
  url: string;
  path?: string;
  format: DrillFormat;
  kubeContext: string;
  namespace: string;
  pod?: string;
  count?: number;
  concurrency: number;
  wait: number;
  sourceTokenFile?: string;
  readTokenFile?: string;
  json?: boolean;
}

const names = scenarios.map(({ name }) => name).join(', ');

export const fireCommand = new Command('fire')
  .description(
    'a drill: send alerts to a running service as Alertmanager or another sender would, marked as a drill, and say what came of them; ' +
      'exit code 1 if a webhook is not answered 200 or a collection fails',
  )
  .argument('[scenario]', names, scenarioArgument)
  .option('--list', 'describe the scenarios')
  .option('--url <url>', 'of the service', urlArgument, 'http://127.0.0.1:8080')
  .addOption(
    new Option(
      '--format <format>',
      'format of the source: alerts as Alertmanager sends them, or with a title',
    )
      .choices(Object.keys(bodyForms))
      .default('alertmanager'),
  )
  .option('--path <path>', 'path of the source (default: /webhook/ and the format)', pathArgument)
  .option('--kube-context <name>', 'label kube_context of the alerts', 'drill')
  .option('--namespace <name>', 'label namespace', 'drill')
  .option(
    '--pod <name>',
    'label pod; of several, the name of the first (default: one that has had no recording yet)',
  )
  .option('--count <number>', 'how many pods, alerts, times or webhooks: see --list', countArgument)
  .option('--concurrency <number>', 'webhooks of a storm at once', countArgument, 50)
  .addOption(
    new Option('--wait <seconds>', 'watch so long what comes of it; 0: do not')
      .argParser(secondsArgument)
      .default(120),
  )
  .option('--source-token-file <file>', 'its first line is the token of the source (sources[].auth)')
  .option('--read-token-file <file>', 'the same for the API (access), to see what came of it')
  .option('--json', 'one JSON object')
  .action(async (scenario: Scenario | undefined, options: Options) => {
    if (options.list) process.stdout.write(listText());
    else if (scenario) await fire(scenario, options);
    else throw new InvalidArgumentError(`name a scenario: ${names} (--list describes them)`);
  });

async function fire(scenario: Scenario, options: Options): Promise<void> {
  const {
    url,
    format,
    path = `/webhook/${format}`,
    count = scenario.defaultCount,
    concurrency,
    wait: waitSeconds,
    json,
  } = options;
  const bar = createBar(process.stderr);
  const interruption = listenForInterruption(process.stdout);
  const { signal } = interruption;
  // A new pod for each drill: one that was recorded a moment ago has a cooldown.
  const first = options.pod ?? `drill-${Date.now().toString(36)}-0`;
  const { kubeContext, namespace } = options;
  const target = (number: number) => ({ kubeContext, namespace, pod: podName(first, number) });
  const drill = await runDrill({
    ...{ url, path, format },
    scenario,
    count,
    concurrency,
    waitSeconds,
    target,
    sourceToken: tokenIn(options.sourceTokenFile),
    readToken: tokenIn(options.readTokenFile),
    bar,
    signal,
  }).finally(bar.end);
  process.stdout.write(json ? jsonLine({ scenario: scenario.name, url, ...drill }) : textOf(drill));
  process.exitCode = interruption.ended()?.exitCode ?? (isGood(drill) ? 0 : 1);
}

/** The pods of a StatefulSet have numbers: `crate-data-hot-0`, `crate-data-hot-1`. */
function podName(first: string, number: number): string {
  const [, set = `${first}-`, ordinal = '0'] = /^(.*-)(\d{1,9})$/.exec(first) ?? [];
  return number === 0 ? first : `${set}${String(Number(ordinal) + number)}`;
}

function isGood({ posted, fates }: Drill): boolean {
  const isRefused = posted.some(({ status, error }) => status !== 200 || error !== undefined);
  return !isRefused && !fates.some(({ kind, end }) => kind === 'rejected' || (end && 'failed' in end));
}

function listText(): string {
  const lines = scenarios.map(({ name, description, counts, defaultCount }) => {
    return `${name.padEnd(18)} ${description} (--count ${counts}, default ${String(defaultCount)})`;
  });
  return `${lines.join('\n')}\n`;
}

function scenarioArgument(text: string): Scenario {
  const scenario = scenarios.find(({ name }) => name === text);
  if (scenario) return scenario;
  throw new InvalidArgumentError(
    `there is no scenario ${JSON.stringify(text)}; there is ${names} (--list describes them)`,
  );
}

function urlArgument(text: string): string {
  const url = URL.parse(text);
  if (url && ['http:', 'https:'].includes(url.protocol))
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  throw new InvalidArgumentError('expected the address of the service, such as http://127.0.0.1:8080');
}

function pathArgument(text: string): string {
  if (/^\/[^?#\s]+$/.test(text)) return text;
  throw new InvalidArgumentError('expected the path of a source (sources[].path), such as /webhook/alerts');
}

/** The first line of a file: a token among the arguments would be seen by everybody on the machine. */
function tokenIn(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    const [token] = readFileSync(path, 'utf8').split(/\s+/).filter(Boolean);
    if (token !== undefined) return token;
  } catch (error) {
    throw new ConfigError(`the token cannot be read: ${error instanceof Error ? error.message : path}`);
  }
  throw new ConfigError(`${path} holds no token`);
}

function secondsArgument(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number of seconds');
}
