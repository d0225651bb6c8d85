import { Command } from 'commander';
import { constants } from 'node:os';
import { startApp } from '../app.ts';
import { readConfig, readRoles, type Role, roles } from '../config/config.ts';
import { defaultText } from '../config/warnings/warnings.ts';
import { wordArgument } from './terminal/arguments.ts';
import { exitCodes } from './terminal/exit-codes.ts';
import { createLogger, createPrettyLogger } from '../telemetry/logger.ts';

export const serveCommand = new Command('serve')
  .description('run the service until SIGTERM or SIGINT')
  .option(
    '--roles <names>',
    `parts to run, separated by commas: ${roles.join(', ')} (default: ROLES, else all)`,
    rolesArgument,
  )
  .action(async (options: { roles?: readonly Role[] }) => {
    const config = readConfig(process.env);
    const { logLevel, logFormat } = config;
    const logger =
      logFormat === 'json' ? createLogger(logLevel) : await createPrettyLogger(logLevel, process.env);
    if (!process.env['ALERT_WATCHER_CONFIG'])
      logger.info(`ALERT_WATCHER_CONFIG names no file, so the built-in default applies: ${defaultText(config.rules)}`); // prettier-ignore
    const chosen = options.roles ?? config.roles;
    const signal = nextSignal();
    const app = await startApp({ ...config, roles: chosen }, logger);
    void app.stale.then((reason) => {
      // At once, without outcomes of what runs: they would be decided on what is not on the stream.
      logger.fatal({ reason }, 'the stream is not the one that was read: start again to read this one');
      process.exit(exitCodes.failed);
    });
    logger.info({ signal: await signal }, 'stopping');
    await app.close();
    logger.info('stopped');
  });

function rolesArgument(text: string): readonly Role[] {
  for (const name of text.split(',')) if (name.trim() !== '') wordArgument(roles)(name.trim());
  return readRoles(text);
}

/** Resolves to the first TERM or INT; a second one ends the process at once. */
function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(128 + constants.signals[signal]));
        resolve(signal);
      });
    }
  });
}
