import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { resolve } from 'node:path';
import { jsonLine, printable } from '../../telemetry/printable.ts';
import {
  type NamedService,
  changeContexts,
  contextIn,
  contextNameForm,
  readContexts,
} from '../remote/contexts.ts';
import { caFileOption, tokenFileOption, tokenIn, urlOption, withOptions } from '../remote/service.ts';
import { type Column, plainLines, tableOf } from '../terminal/table.ts';

const name = () => new Argument('<context>', 'its name').argParser(nameArgument);

export const contextCommand = new Command('context')
  .summary('names for services')
  .description(
    'names for services, in $XDG_CONFIG_HOME/alert-watcher/contexts.yaml: for --context, ALERT_WATCHER_CONTEXT, or in use',
  );

contextCommand
  .command('ls')
  .description('list the contexts; * is the one in use')
  .option('--json', 'one JSON array')
  .action(({ json }: { json?: boolean }) => {
    const { all, current, path } = readContexts(process.env);
    const items = [...all].map(([each, context]) => ({ name: each, inUse: each === current, ...context }));
    const { stdout } = process;
    if (json) stdout.write(jsonLine(items));
    else if (!stdout.isTTY) stdout.write(plainLines(items, columns));
    else if (items.length > 0) stdout.write(tableOf(items, columns, stdout.columns || 80));
    else
      process.stderr.write(`${printable(path)} has no context: alert-watcher context add NAME --url URL\n`);
  });

withOptions(contextCommand.command('add'), [
  urlOption().makeOptionMandatory(),
  tokenFileOption('--token-file <file>'),
  caFileOption(),
])
  .description('add a context, or replace the one of that name')
  .addArgument(name())
  .action((given: string, { url, tokenFile, caFile }: NamedService) => {
    // A file that is not there is noticed now and not on the worst night.
    if (tokenFile !== undefined) tokenIn(tokenFile);
    const isThere = readContexts(process.env).all.has(given);
    const context = {
      url,
      ...(tokenFile === undefined ? {} : { tokenFile: resolve(tokenFile) }),
      ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
    };
    changeContexts(process.env, (document) => document.setIn(['contexts', given], context));
    tell(
      `context ${given} ${isThere ? 'replaced' : 'added'}; to use it always: alert-watcher context use ${given}`,
    );
  });

contextCommand
  .command('use')
  .description('use a context wherever none is named')
  .addArgument(new Argument('[context]', 'its name').argParser(nameArgument))
  .addOption(new Option('--none', 'use none'))
  .action((given: string | undefined, { none = false }: { none?: boolean }, command: Command) => {
    if ((given === undefined) !== none) command.error('error: name a context, or --none, and not both');
    if (given !== undefined) contextIn(readContexts(process.env), given);
    changeContexts(process.env, (document) => {
      if (given === undefined) document.delete('current');
      else document.set('current', given);
    });
    tell(given === undefined ? 'no context is in use' : `context ${given} is in use`);
  });

contextCommand
  .command('rm')
  .description('remove a context; the files that it names stay')
  .addArgument(name())
  .action((given: string) => {
    const contexts = readContexts(process.env);
    contextIn(contexts, given);
    changeContexts(process.env, (document) => {
      document.deleteIn(['contexts', given]);
      if (contexts.current === given) document.delete('current');
    });
    tell(`context ${given} removed`);
  });

const columns: Column<NamedService & { name: string; inUse: boolean }>[] = [
  { title: 'NAME', text: (item) => item.name },
  { title: 'IN USE', text: ({ inUse }) => (inUse ? '*' : '') },
  { title: 'URL', text: ({ url }) => url, least: 20 },
  { title: 'TOKEN FILE', text: ({ tokenFile = '' }) => tokenFile, least: 10, keep: 'end' },
  { title: 'CA FILE', text: ({ caFile = '' }) => caFile, least: 10, keep: 'end' },
];

function nameArgument(text: string): string {
  if (contextNameForm.test(text)) return text;
  throw new InvalidArgumentError(
    'expected letters, digits and . _ -, the first a letter or digit, at most 63',
  );
}

function tell(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}
