import { Command, InvalidArgumentError } from 'commander';
import { parseAsked } from '../collection/explain/asked.ts';
import type { TodaysPolicy } from '../collection/explain/explanation.ts';
import { readExplanation } from '../collection/read/explanations.ts';
import { readConfig, readConfigFile } from '../config/config.ts';
import { timeOf } from '../events/instant.ts';
import { sentenceOf } from '../features.ts';
import { streamName } from '../log/streams/definitions.ts';
import { timeArgument } from './terminal/arguments.ts';
import { createProgress } from './terminal/progress.ts';
import { withExistingLog } from './existing-log.ts';
import { jsonLine } from '../telemetry/printable.ts';
import { severalText, textOf } from './explain/text.ts';

interface Options {
  since?: string;
  json?: boolean;
  config?: string;
}

export const explainCommand = new Command('explain')
  .description(
    'say why there is a recording, or none: from the alert to the upload, in words and times; changes nothing; ' +
      'exit code 1 if nothing is found, 2 if several pods have the name',
  )
  .argument(
    '<what>',
    'an alert id (64 hex digits), a fingerprint (16), a collection id (32), kube_context/namespace/pod, or the name of a pod',
    whatOf,
  )
  .option('--since <time>', 'of a pod: RFC 3339, or 90m, 24h (the default), 7d ago', timeArgument)
  .option('--config <file>', 'the policy to ask where the log does not say; default: as serve would have it')
  .option('--json', 'one JSON object')
  .action(async (what: string, { since = timeArgument('24h'), json, config }: Options) => {
    const asked = parseAsked(what, since);
    if (!asked) return;
    const policy = policyOf(config);
    const progress = createProgress(process.stderr);
    const answer = await withExistingLog((connection) =>
      readExplanation(
        {
          ...{ connection, stream: streamName, policy, sentenceOf, onRead: progress.step },
          now: () => timeOf(Date.now()),
        },
        asked,
      ),
    ).finally(progress.end);
    if ('severalPods' in answer) {
      process.stdout.write(json ? jsonLine(answer) : severalText(what, answer));
      process.exitCode = 2;
      return;
    }
    process.stdout.write(json ? jsonLine(answer) : textOf(answer));
    process.exitCode = answer.chapters.length > 0 ? 0 : 1;
  });

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
