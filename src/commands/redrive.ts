import { Command, Option } from 'commander';
import { userInfo } from 'node:os';
import { millisOf } from '../events/instant.ts';
import { printable } from '../telemetry/printable.ts';
import { redriverAt } from './redrive/by-http.ts';
import { withStream } from './redrive/by-nats.ts';
import { podFilters } from './list/filters.ts';
import type { FailedFilter, Redriver } from './redrive/redriver.ts';
import { isRemote, type RemoteOptions, remoteOptions, serviceOf, withOptions } from './remote/service.ts';
import { collectionArgument, timeArgument } from './terminal/arguments.ts';
import { exitCodes } from './terminal/exit-codes.ts';

interface Options extends RemoteOptions, Omit<FailedFilter, 'failedSinceMs'> {
  failedSince?: string;
  dryRun?: boolean;
  by: string;
  reason: string;
}

export const redriveCommand = withOptions(new Command('redrive'), [
  new Option('--failed-since <time>', 'all that failed since then: RFC 3339, or 90m, 12h, 7d ago').argParser(
    timeArgument,
  ),
  new Option('--error-code <code>', 'all whose last failure has this code'),
  ...podFilters(),
  new Option('--prefix <text>', 'all whose pod, namespace, alert name or id begins so'),
  new Option('--dry-run', 'only name those that are meant'),
  new Option('--by <name>', 'who asks for it; it stands in the event').default(userInfo().username),
  new Option('--reason <text>', 'why; it stands in the event').default('redriven by an operator'),
  ...remoteOptions(),
])
  .summary('start failed collections again at the stage that failed')
  .description(
    'start failed collections again at the stage that failed, as a new run; a running service does the work; ' +
      'asks the service where one is named (--url, --context, or a context in use and no NATS_URL), else NATS',
  )
  .argument('[collection]', 'id of the collection', collectionArgument)
  .action(async (collection: string | undefined, options: Options, command: Command) => {
    const filter = filterOf(options);
    if ((collection === undefined) === (Object.keys(filter).length === 0))
      command.error(`error: name a collection, or ${filterFlags}, and not both`);
    const use = (redriver: Redriver) => redriveAll(redriver, collection ?? filter, options);
    if (!isRemote(options)) {
      await withStream(use);
      return;
    }
    const service = serviceOf(options);
    const from = service.context === undefined ? '' : ` (context ${service.context})`;
    process.stderr.write(`${printable(`asking ${service.url}${from}`)}\n`);
    await use(redriverAt(service));
  });

const filterFlags = '--failed-since, --error-code, --kube-context, --namespace or --prefix';

function filterOf({ failedSince, errorCode, kubeContext, namespace, prefix }: Options): FailedFilter {
  return {
    ...(failedSince === undefined ? {} : { failedSinceMs: millisOf(failedSince) }),
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(kubeContext === undefined ? {} : { kubeContext }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(prefix === undefined ? {} : { prefix }),
  };
}

async function redriveAll(redriver: Redriver, meant: string | FailedFilter, options: Options): Promise<void> {
  const { by, reason, dryRun = false } = options;
  const ids = typeof meant === 'string' ? [meant] : await redriver.failed(meant);
  let [refusals, missing] = [0, 0];
  // Oldest first: they have waited longest.
  for (const id of ids.reverse()) {
    if (dryRun) {
      process.stdout.write(`${printable(id)}\n`);
      continue;
    }
    const result = await redriver.redrive(id, { by, reason });
    if ('refused' in result) refusals += 1;
    if ('refused' in result && result.missing) missing += 1;
    const outcome = 'refused' in result ? `refused: ${result.refused}` : result.run;
    process.stdout.write(`${printable(`${id} ${outcome}`)}\n`);
  }
  const done = dryRun ? 0 : ids.length - refusals;
  process.stdout.write(`${String(done)} of ${String(ids.length)} redriven${dryRun ? ' (--dry-run)' : ''}\n`);
  const isMissing = typeof meant === 'string' && missing > 0;
  process.exitCode = refusals === 0 ? exitCodes.done : isMissing ? exitCodes.notFound : exitCodes.failed;
}
