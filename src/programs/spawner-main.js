// Plain JavaScript: Node's type stripping would stay in the memory of this process (18 MB), and make each fork slower.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url)));
await import('./spawner-process.ts');
