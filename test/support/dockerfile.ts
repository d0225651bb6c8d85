import { Copy, DockerfileParser } from 'dockerfile-ast';

/** One line of a stage of a Dockerfile. */
export interface Step {
  keyword: string;
  /** All behind the keyword and its flags. */
  argument: string;
  /** The value of `--from`. */
  from?: string;
  /** What a JSON form says, word by word. */
  words: string[];
}

/** A Dockerfile's stages by their names, each with the steps behind its FROM; the last one is named ''. */
export type Stages = Map<string, { base: string; steps: Step[] }>;

export function stagesOf(text: string): Stages {
  const stages: Stages = new Map();
  let steps: Step[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    const argument = instruction.getArgumentsContent() ?? '';
    if (keyword === 'FROM') {
      const [base = '', , name = ''] = argument.split(/\s+/);
      steps = [];
      stages.set(name, { base, steps });
      continue;
    }
    const from = instruction instanceof Copy ? instruction.getFromFlag()?.getValue() : undefined;
    steps.push({ keyword, argument, words: wordsOf(argument), ...(from ? { from } : {}) });
  }
  return stages;
}

function wordsOf(argument: string): string[] {
  const json = /\[.*\]$/s.exec(argument)?.[0];
  return json === undefined ? [] : (JSON.parse(json) as string[]);
}
