import { Argument, Command } from 'commander';
import { wordArgument } from '../terminal/arguments.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { completedOf } from './model.ts';
import { zshScript } from './zsh.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

const shells = Object.keys(scripts);

export const completionCommand = new Command('completion')
  .description('print a script that completes commands, options and values, for your shell to read')
  .addArgument(new Argument('<shell>', 'your shell').choices(shells).argParser(wordArgument(shells)))
  .action((shell: keyof typeof scripts, _options: object, command: Command) => {
    const program = command.parent ?? command;
    process.stdout.write(scripts[shell](completedOf(program)));
  });
