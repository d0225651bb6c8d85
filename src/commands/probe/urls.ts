import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { Rules } from '../../config/file.ts';
import { failed, ok, type ProbeOutcome, type NamedProbe } from './probe.ts';
import { unreachable } from './unreachable.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The addresses that the configuration and the environment name: any answer in HTTP will do. */
export function probeUrls({ destination }: Rules, env: Environment): NamedProbe[] {
  const endpoint = destination.type === 's3' ? destination.endpoint : undefined;
  const traces = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  return [
    ...urlProbe('destination.endpoint', endpoint),
    ...(env['OTEL_SDK_DISABLED'] === 'true' ? [] : urlProbe('OTEL_EXPORTER_OTLP_ENDPOINT', traces)),
  ];
}

function urlProbe(what: string, text: string | undefined): NamedProbe[] {
  if (!text) return [];
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  const run = async (signal: AbortSignal): Promise<ProbeOutcome> => {
    if (!url)
      return failed('this is no address', `write it with http:// or https://, such as http://HOST:PORT`);
    try {
      return ok(`answers (${String(await statusOf(url, signal))})`);
    } catch (error) {
      signal.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      return unreachable(error) ?? failed(message, 'check the address');
    }
  };
  // Without user and password, which may stand in it.
  return [{ name: `url ${url?.origin ?? text.replace(/^.*@/, '')} (${what})`, run }];
}

/** Not by fetch, which refuses some ports. */
async function statusOf(url: URL, signal: AbortSignal): Promise<number | undefined> {
  const request = (url.protocol === 'https:' ? https : http).request(url.origin, { method: 'HEAD', signal });
  const [response] = (await once(request.end(), 'response', { signal })) as [http.IncomingMessage];
  response.resume();
  request.destroy();
  return response.statusCode;
}
