import { styleText } from 'node:util';
import { count } from '../../kernel/explain/words.ts';
import { printable } from '../../telemetry/printable.ts';
import type { Drill } from './drill.ts';
import type { Fate } from './watch.ts';

/** So many urls, errors and reasons are shown; --json has all of them. */
const shownEach = 10;

/** What came of a drill, for people. */
export function textOf({ posted, alerts, fates, unseen }: Drill): string {
  const answers = posted.map(({ status }) => (status === 0 ? 'no answer' : String(status)));
  const repeats = posted.reduce((sum, { tries }) => sum + tries - 1, 0);
  const results = posted.flatMap(({ answer }) => answer?.alerts ?? []).map(({ result }) => result);
  const refusals = posted.flatMap(({ error }) => error ?? []);
  const lines = [
    row('answered', `${tally(answers)}${repeats > 0 ? ` (sent again ${String(repeats)} times)` : ''}`),
    ...refusals.slice(0, shownEach).map((error) => detail('red', error)),
    row('stored', tally(results) || 'nothing'),
    ...(unseen === undefined ? fatesText(fates, alerts.length) : [row('then', unseen)]),
  ];
  return `${lines.join('\n')}\n`;
}

function fatesText(fates: readonly Fate[], firing: number): string[] {
  if (firing === 0) return [];
  const underWay = fates.filter(({ collectionId, end }) => collectionId !== undefined && !end);
  const open = firing - fates.length + underWay.length;
  const of = (kind: Fate['kind']) => fates.filter((fate) => fate.kind === kind);
  const ends = new Map(fates.flatMap(({ collectionId = '', end }) => (end ? [[collectionId, end]] : [])));
  const urls = [...ends.values()].flatMap((end) =>
    'uploaded' in end
      ? `${end.uploaded}${end.simulated ? ' (simulated: a sample, not a recording of the pod)' : ''}`
      : [],
  );
  const failures = [...ends].flatMap(([id, end]) => ('failed' in end ? `${id} ${end.failed}` : []));
  const kinds = (['requested', 'attached', 'suppressed', 'declined', 'rejected', 'ignored'] as const).filter((kind) => of(kind).length > 0); // prettier-ignore
  return [
    row('decided', tally(kinds.flatMap((kind) => of(kind).map(() => kind))) || 'nothing yet'),
    ...kinds.flatMap((kind) => reasonsOf(of(kind)).map((reason) => detail('yellow', `${kind}: ${reason}`))),
    row('uploaded', count(urls.length, 'recording')),
    ...urls.slice(0, shownEach).map((url) => detail('green', url)),
    ...(urls.length > shownEach
      ? [detail('dim', `and ${String(urls.length - shownEach)} more (--json)`)]
      : []),
    row('failed', count(failures.length, 'collection')),
    ...failures.slice(0, shownEach).map((failure) => detail('red', failure)),
    ...(open > 0
      ? [row('open', `${count(open, 'alert')} when the time was over (--wait): alert-watcher explain POD`)]
      : []),
  ];
}

function reasonsOf(fates: readonly Fate[]): string[] {
  return [...new Set(fates.flatMap(({ sentence }) => sentence ?? []))].slice(0, shownEach);
}

/** `2 accepted, 1 duplicate` */
function tally(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, number]) => `${String(number)} × ${name}`).join(', ');
}

function row(name: string, text: string): string {
  return `${styleText('bold', name.padEnd(9))} ${printable(text)}`;
}

function detail(colour: Parameters<typeof styleText>[0], text: string): string {
  return `          ${styleText(colour, printable(text))}`;
}
