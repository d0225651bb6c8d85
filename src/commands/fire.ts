import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { countArgument, wordArgument } from './terminal/arguments.ts';
import { createBar } from './fire/bar.ts';
import { bodyForms, type Drill, type DrillFormat, runDrill } from './fire/drill.ts';
import { type Scenario, scenarios } from './fire/scenarios.ts';
import { placeOf } from './fire/source.ts';
import { textOf } from './fire/text.ts';
import {
  caFileOption,
  contextOption,
  type RemoteOptions,
  serviceOf,
  tokenFileOption,
  tokenIn,
  urlOption,
  withOptions,
} from './remote/service.ts';
import { didYouMean } from './terminal/did-you-mean.ts';
import { exitCodes } from './terminal/exit-codes.ts';
import { listenForInterruption } from './terminal/interruption.ts';
import { jsonLine } from '../telemetry/printable.ts';

interface Options extends RemoteOptions {
  list?: boolean;
  source?: string;
  path?: string;
  format?: DrillFormat;
  kubeContext: string;
  namespace: string;
  pod?: string;
  count?: number;
  concurrency: number;
  wait: number;
  sourceTokenFile?: string;
  json?: boolean;
}

const formats = Object.keys(bodyForms);
const names = scenarios.map(({ name }) => name);

export const fireCommand = withOptions(new Command('fire'), [
  new Option('--list', 'describe the scenarios'),
  urlOption(),
  contextOption(),
  new Option('--source <name>', 'name of the source (default: the first one with the format)').conflicts(
    'path',
  ),
  new Option(
    '--format <format>',
    'format of the source: alerts as Alertmanager sends them, or with a title (default: that of --source, else alertmanager)',
  )
    .choices(formats)
    .argParser(wordArgument(formats)),
  new Option('--path <path>', 'path of the source (default: as the service has it)').argParser(pathArgument),
  new Option('--kube-context <name>', 'label kube_context of the alerts').default('drill'),
  new Option('--namespace <name>', 'label namespace').default('drill'),
  new Option(
    '--pod <name>',
    'label pod; of several, the name of the first (default: one that has had no recording yet)',
  ),
  new Option('--count <number>', 'how many pods, alerts, times or webhooks: see --list').argParser(
    countArgument,
  ),
  new Option('--concurrency <number>', 'webhooks of a storm at once').argParser(countArgument).default(50),
  new Option('--wait <seconds>', 'watch so long what comes of it; 0: do not')
    .argParser(secondsArgument)
    .default(120),
  new Option('--source-token-file <file>', 'its first line is the token of the source (sources[].auth)'),
  tokenFileOption('--read-token-file, --token-file <file>'),
  caFileOption(),
  new Option('--json', 'one JSON object'),
])
  .description(
    'a drill: send alerts to a running service as Alertmanager or another sender would, marked as a drill, and say what came of them',
  )
  .addArgument(
    new Argument('[scenario]', 'what is sent: see --list').choices(names).argParser(scenarioArgument),
  )
  .action(async (scenario: Scenario | undefined, options: Options, command: Command) => {
    if (options.list) process.stdout.write(listText());
    else if (scenario) await fire(scenario, options);
    else command.error(`error: name a scenario: ${names.join(', ')} (--list describes them)`);
  });

async function fire(scenario: Scenario, options: Options): Promise<void> {
  const { count = scenario.defaultCount, concurrency, wait: waitSeconds, json } = options;
  const { kubeContext, namespace, sourceTokenFile } = options;
  const service = serviceOf(options);
  const sourceToken = sourceTokenFile === undefined ? undefined : tokenIn(sourceTokenFile);
  const place = await placeOf(service, options);
  const bar = createBar(process.stderr);
  const interruption = listenForInterruption(process.stdout);
  const { signal } = interruption;
  // A new pod for each drill: one that was recorded a moment ago has a cooldown.
  const first = options.pod ?? `drill-${Date.now().toString(36)}-0`;
  const target = (number: number) => ({ kubeContext, namespace, pod: podName(first, number) });
  const drill = await runDrill({
    ...{ service, ...place, scenario, count, concurrency, waitSeconds },
    ...{ target, sourceToken, bar, signal },
  }).finally(bar.end);
  const told = { scenario: scenario.name, url: service.url, path: place.path, ...drill };
  process.stdout.write(json ? jsonLine(told) : textOf(drill));
  process.exitCode = interruption.ended()?.exitCode ?? (isGood(drill) ? exitCodes.done : exitCodes.failed);
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
    `there is no such scenario${didYouMean(text, names)}; there is ${names.join(', ')} (--list describes them)`,
  );
}

function pathArgument(text: string): string {
  if (/^\/[^?#\s]+$/.test(text)) return text;
  throw new InvalidArgumentError('expected the path of a source (sources[].path), such as /webhook/alerts');
}

function secondsArgument(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number of seconds');
}
