#!/usr/bin/env node
import { program } from 'commander';
import { auditCommand } from './commands/audit.ts';
import { checkCommand } from './commands/check.ts';
import { demoCommand } from './commands/demo.ts';
import { redriveCommand } from './commands/redrive.ts';
import { replayCommand } from './commands/replay.ts';
import { schemasCommand } from './commands/schemas.ts';
import { serveCommand } from './commands/serve.ts';
import { streamsCommand } from './commands/streams.ts';
import { ConfigError } from './config-schema.ts';
import { LogMisconfigured, LogUnavailable } from './log/errors.ts';

program
  .name('alert-watcher')
  .description(
    'Records the JVM of a pod in trouble when Alertmanager says so; every step is an event on NATS JetStream.',
  )
  .addCommand(serveCommand)
  .addCommand(demoCommand)
  .addCommand(replayCommand)
  .addCommand(redriveCommand)
  .addCommand(auditCommand)
  .addCommand(streamsCommand)
  .addCommand(checkCommand)
  .addCommand(schemasCommand);

try {
  await program.parseAsync();
} catch (error) {
  const isExpected =
    error instanceof ConfigError || error instanceof LogUnavailable || error instanceof LogMisconfigured;
  process.stderr.write(`alert-watcher: ${isExpected ? error.message : describe(error)}\n`);
  process.exitCode = 1;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
