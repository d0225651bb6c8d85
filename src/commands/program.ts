import { type Command, CommanderError, program } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { auditCommand } from './audit.ts';
import { checkCommand } from './check.ts';
import { completionCommand } from './completion/command.ts';
import { contextCommand } from './context/command.ts';
import { demoCommand } from './demo.ts';
import { explainCommand } from './explain.ts';
import { fireCommand } from './fire.ts';
import { alertsCommand } from './list/alerts.ts';
import { collectionsCommand } from './list/collections.ts';
import { podsCommand } from './list/pods.ts';
import { sourcesCommand } from './list/sources.ts';
import { printableLines } from '../telemetry/printable.ts';
import { redriveCommand } from './redrive.ts';
import { replayCommand } from './replay.ts';
import { schemasCommand } from './schemas.ts';
import { serveCommand } from './serve.ts';
import { streamsCommand } from './streams.ts';
import { tailCommand } from './tail.ts';
import { nameExpectedValues } from '../error-messages.ts';
import { exitCodeOf, exitCodes, exitCodesText } from './terminal/exit-codes.ts';
import { isReaderGone } from './terminal/interruption.ts';

/** Runs the command that the command line names. An expected error is one line on stderr; the exit code says the rest. */
export async function runProgram(): Promise<void> {
  nameExpectedValues();
  for (const output of [process.stdout, process.stderr]) output.on('error', tellUnlessReaderGone);
  await runCommand(process.argv.slice(2));
}

/** The same with these words and in this process, whose exit code it sets. */
export async function runCommand(words: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    // What is wrong with a command line commander has told already.
    if (error instanceof CommanderError) return;
    const text = process.exitCode === exitCodes.bug ? describe(error) : messageOf(error);
    // A key of a configuration, say, may hold what moves the cursor.
    process.stderr.write(printableLines(`alert-watcher: ${text}\n`));
  }
}

program
  .name('alert-watcher')
  .version(manifest.version)
  .description(
    'Records the JVM of a pod in trouble when Alertmanager says so; every step is an event on NATS JetStream.',
  )
  .addCommand(serveCommand)
  .addCommand(demoCommand)
  .addCommand(tailCommand)
  .addCommand(fireCommand)
  .addCommand(collectionsCommand)
  .addCommand(alertsCommand)
  .addCommand(podsCommand)
  .addCommand(sourcesCommand)
  .addCommand(explainCommand)
  .addCommand(replayCommand)
  .addCommand(redriveCommand)
  .addCommand(auditCommand)
  .addCommand(streamsCommand)
  .addCommand(checkCommand)
  .addCommand(schemasCommand)
  .addCommand(contextCommand)
  .addCommand(completionCommand);
prepare(program);
program.addHelpText('after', `\n${exitCodesText}`);

/** What commander does at wrong use: it repeats the command line, says where help is, and does not end the process itself. */
function prepare(command: Command): void {
  command
    .configureOutput({ writeErr: (text) => void process.stderr.write(printableLines(text)) })
    .exitOverride()
    .showHelpAfterError(`(${pathOf(command)} --help shows how it is used)`);
  command.commands.forEach(prepare);
}

/** `alert-watcher streams diff` */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/** Without a listener a write that fails would end the process with a stack trace. */
function tellUnlessReaderGone(error: NodeJS.ErrnoException): void {
  if (isReaderGone(error)) return;
  process.exitCode = exitCodes.failed;
  process.stderr.write(`alert-watcher: the output cannot be written: ${error.message}\n`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
