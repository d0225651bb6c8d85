import { type Static, type TObject } from '@sinclair/typebox';
import { Command, Option } from 'commander';
import { jsonLine, printable } from '../../telemetry/printable.ts';
import { createRemote } from '../remote/http.ts';
import { pagesOf } from '../remote/pages.ts';
import { type RemoteOptions, remoteOptions, serviceOf, withOptions } from '../remote/service.ts';
import { countArgument } from '../terminal/arguments.ts';
import { listenForInterruption } from '../terminal/interruption.ts';
import { exitCodes } from '../terminal/exit-codes.ts';
import { type Column, plainLines, tableOf } from '../terminal/table.ts';

const limitOption = () =>
  new Option('--limit <number>', 'so many at most').argParser(countArgument).default(50);

interface Options extends RemoteOptions {
  limit?: number;
  json?: boolean;
  jsonl?: boolean;
  /** Filters, named as the API names its parameters. */
  [filter: string]: unknown;
}

/** A list of the API as a command. */
export interface List<S extends TObject> {
  name: string;
  description: string;
  /** Path of the API. */
  path: string;
  /** What of an item the columns need. */
  item: S;
  columns: readonly Column<Static<S>>[];
  /** Their attributes are parameters of the API. */
  filters: readonly Option[];
  /** The API has one page of it, and takes no `limit`. */
  isShort?: true;
}

/** The command that shows a list of the API: as a table on a terminal, as lines with tabs elsewhere, or as JSON. */
export function listCommand<S extends TObject>(list: List<S>): Command {
  const { name, description, filters, isShort } = list;
  return withOptions(new Command(name), [
    ...filters,
    ...(isShort ? [] : [limitOption()]),
    new Option('--json', 'one JSON array').conflicts('jsonl'),
    new Option('--jsonl', 'one JSON object per line'),
    ...remoteOptions(),
  ])
    .description(`${description}; changes nothing`)
    .action((options: Options) => show(list, options));
}

async function show<S extends TObject>(list: List<S>, options: Options): Promise<void> {
  const { path, item, name } = list;
  const { limit, json = false, jsonl = false } = options;
  const interruption = listenForInterruption(process.stdout);
  const remote = createRemote(serviceOf(options), { signal: interruption.signal });
  const pages = pagesOf(remote, path, {
    ...{ query: queryOf(list.filters, options), item },
    ...(limit === undefined ? { hasPages: false } : { limit }),
  });
  // A table is as wide as its widest cells, an array has one end: these two need all of it first.
  const isWhole = json || (process.stdout.isTTY && !jsonl);
  const items: Static<S>[] = [];
  try {
    let page = await pages.next();
    for (; !page.done; page = await pages.next()) {
      if (isWhole) items.push(...page.value);
      else
        process.stdout.write(
          jsonl ? page.value.map(jsonLine).join('') : plainLines(page.value, list.columns),
        );
    }
    if (json) process.stdout.write(jsonLine(items));
    else if (isWhole) process.stdout.write(items.length === 0 ? '' : tableOf(items, list.columns, process.stdout.columns || 80)); // prettier-ignore
    if (isWhole && !json && items.length === 0) tell(`no ${name} like that at ${remote.url}`);
    if (page.value) tell(`there are more ${name}: these are the first ${String(limit)} (--limit)`);
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
  }
  process.exitCode = interruption.ended()?.exitCode ?? exitCodes.done;
}

function queryOf(filters: readonly Option[], options: Options): URLSearchParams {
  const query = new URLSearchParams();
  for (const filter of filters) {
    const parameter = filter.attributeName();
    const value = options[parameter];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    for (const each of values) if (typeof each === 'string') query.append(parameter, each);
  }
  return query;
}

function tell(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}
