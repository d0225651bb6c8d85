import { Type } from '@sinclair/typebox';
import { didYouMean } from '../terminal/did-you-mean.ts';
import { CommandFailed } from '../terminal/exit-codes.ts';
import { createRemote, RemoteFailed } from '../remote/http.ts';
import type { Service } from '../remote/service.ts';
import { bodyForms, type DrillFormat } from './drill.ts';

const formats = Object.keys(bodyForms);
const Sources = Type.Object({
  items: Type.Array(
    Type.Object({ name: Type.String(), format: Type.String(), paths: Type.Array(Type.String()) }),
  ),
});

/** Where the alerts of a drill go, and how they are written there. */
export interface SourcePlace {
  path: string;
  format: DrillFormat;
}

export interface SourcePlaceOptions {
  path?: string;
  /** Name of the source. */
  source?: string;
  format?: DrillFormat;
}

/**
 * Where a drill is to be sent: to `path`, else to the source of that name, else to the first one with that format, as the
 * service lists them. A service that does not show its sources is taken to have the path of the built-in one. Throws
 * CommandFailed where there is no such source.
 */
export async function placeOf(
  service: Service,
  { path, source, format }: SourcePlaceOptions,
): Promise<SourcePlace> {
  const wanted = format ?? 'alertmanager';
  if (path !== undefined) return { path, format: wanted };
  const sources = await sourcesOf(service, source !== undefined);
  if (!sources) return { path: `/webhook/${wanted}`, format: wanted };
  const found = sources.find((each) =>
    source === undefined ? each.format === wanted : each.name === source,
  );
  const [first] = found?.paths ?? [];
  if (found && first !== undefined) return { path: first, format: format ?? formatOf(found) };
  const there = sources.map(({ name, format: its }) => `${name} (${its})`).join(', ') || 'none';
  const names = sources.map(({ name }) => name);
  const missing = source === undefined ? `no source of the format ${wanted}` : `no source ${source}${didYouMean(source, names)}`; // prettier-ignore
  throw new CommandFailed('notFound', `${service.url} has ${missing}; there is ${there}`);
}

async function sourcesOf(service: Service, isNeeded: boolean) {
  try {
    return (await createRemote(service).get('/api/v1/sources', Sources)).items;
  } catch (error) {
    // Without a token for the API a drill can be sent all the same; an older service, or one without the role api, has no list.
    if (error instanceof RemoteFailed && error.status !== 0 && !isNeeded) return undefined;
    throw error;
  }
}

function formatOf({ name, format }: { name: string; format: string }): DrillFormat {
  const known = Object.keys(bodyForms).find((each): each is DrillFormat => each === format);
  if (known !== undefined) return known;
  throw new CommandFailed(
    'failed',
    `source ${name} has the format ${format}; a drill knows ${formats.join(', ')}`,
  );
}
