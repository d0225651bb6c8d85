import { Command, InvalidArgumentError, Option } from 'commander';
import { parseAsked } from '../collection/explain/asked.ts';
import type { Asked, TodaysPolicy } from '../collection/explain/explanation.ts';
import { readExplanation } from '../collection/read/explanations.ts';
import { readConfig, readConfigFile } from '../config/config.ts';
import { timeOf } from '../events/instant.ts';
import { sentenceOf } from '../features.ts';
import { streamName } from '../log/streams/definitions.ts';
import { explainBy } from './explain/by-http.ts';
import { isRemote, type RemoteOptions, remoteOptions, serviceOf, withOptions } from './remote/service.ts';
import { timeArgument } from './terminal/arguments.ts';
import { exitCodes } from './terminal/exit-codes.ts';
import { createProgress } from './terminal/progress.ts';
import { withExistingLog } from './existing-log.ts';
import { jsonLine } from '../telemetry/printable.ts';
import { severalText, textOf } from './explain/text.ts';

interface Options extends RemoteOptions {
  since?: string;
  all?: boolean;
  json?: boolean;
  config?: string;
}

export const explainCommand = withOptions(new Command('explain'), [
  new Option('--since <time>', 'of a pod: RFC 3339, or 90m, 24h (the default), 7d ago').argParser(
    timeArgument,
  ),
  new Option(
    '--config <file>',
    'the policy to ask where the log does not say; default: as serve would have it',
  ).conflicts(['url', 'context']),
  new Option('--all', 'tell each event, also those that are told as one line'),
  new Option('--json', 'one JSON object'),
  ...remoteOptions(),
])
  .summary('say why a pod has a recording, or none; changes nothing')
  .description(
    'say why there is a recording, or none: from the alert to the upload, in words and times; changes nothing; ' +
      'asks the service where one is named (--url, --context, or a context in use and no NATS_URL), else NATS',
  )
  .argument(
    '<what>',
    'an alert id (64 hex digits), a fingerprint (16), a collection id (32), kube_context/namespace/pod, or the name of a pod',
    whatOf,
  )
  .action(async (what: string, options: Options) => {
    const { since = timeArgument('24h'), json, all } = options;
    const asked = parseAsked(what, since);
    if (!asked) return;
    const answer =
      options.config === undefined && isRemote(options)
        ? await explainBy(serviceOf(options), asked)
        : await explainHere(asked, options.config);
    if ('severalPods' in answer) {
      process.stdout.write(json ? jsonLine(answer) : severalText(what, answer));
      process.exitCode = exitCodes.wrongUse;
      return;
    }
    process.stdout.write(json ? jsonLine(answer) : textOf(answer, { all }));
    process.exitCode = answer.chapters.length > 0 ? exitCodes.done : exitCodes.notFound;
  });

async function explainHere(asked: Asked, config: string | undefined) {
  const policy = policyOf(config);
  const progress = createProgress(process.stderr);
  return withExistingLog((connection) =>
    readExplanation(
      {
        ...{ connection, stream: streamName, policy, sentenceOf, onRead: progress.step },
        now: () => timeOf(Date.now()),
      },
      asked,
    ),
  ).finally(progress.end);
}

function policyOf(file: string | undefined): TodaysPolicy {
  const rules = file === undefined ? readConfig(process.env).rules : readConfigFile(file);
  const name = file ?? (process.env['ALERT_WATCHER_CONFIG'] || 'the built-in default');
  return { name, rows: rules.collections, maxAlertAgeSeconds: rules.maxAlertAgeSeconds };
}

function whatOf(text: string): string {
  if (parseAsked(text, timeArgument('24h'))) return text;
  throw new InvalidArgumentError(
    'expected an id, a fingerprint, kube_context/namespace/pod, or the name of a pod',
  );
}
