import { type Config, readConfig } from '../../config/config.ts';
import { ConfigError } from '../../config/fault.ts';
import { openConnection } from '../../log/connection.ts';
import { LogMisconfigured, LogUnavailable } from '../../log/errors.ts';
import { streamName } from '../../log/streams/definitions.ts';
import { failed, ok, type ProbeOutcome, type NamedProbe, skipped } from './probe.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of the environment, and the NATS server that they name. Nothing is made there. */
export function probeNats(env: Environment): NamedProbe {
  let config: Config;
  try {
    config = readConfig({ ...env, ALERT_WATCHER_CONFIG: undefined });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const outcome = failed(error.message, 'correct the variable: docs/configuration.md, "Environment"');
    return { name: 'environment', run: () => Promise.resolve(outcome) };
  }
  const { natsUrl, natsAuth } = config;
  if (natsUrl === undefined) {
    const why = 'NATS_URL is not set: the service starts a nats-server of its own';
    return { name: 'NATS', run: () => Promise.resolve(skipped(why)) };
  }
  return { name: 'NATS (NATS_URL)', run: () => tryNats(natsUrl, natsAuth) };
}

async function tryNats(url: string, auth: Config['natsAuth']): Promise<ProbeOutcome> {
  try {
    const connection = await openConnection(url, auth);
    try {
      const { version } = connection.server;
      const isThere = await connection.jsm.streams.info(streamName).then(() => true, () => false); // prettier-ignore
      const stream = isThere ? `stream ${streamName} is there` : `stream ${streamName} is not shown to this user, or not there yet`; // prettier-ignore
      return ok(`nats-server ${version} with JetStream; ${stream}`);
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (error instanceof LogMisconfigured) return failed(error.message, 'correct the variable or the file');
    if (!(error instanceof LogUnavailable)) throw error;
    const isRefused = /authoriz|permission/i.test(error.message);
    const action = isRefused
      ? 'the server refuses this user: check NATS_URL, NATS_CREDS_FILE or NATS_NKEY_FILE'
      : 'check NATS_URL, and whether the server runs with JetStream';
    return failed(error.message, action);
  }
}
