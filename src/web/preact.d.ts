// The service serves htm/preact/standalone under this name: one module without imports, so that the page needs no build.
export * from 'htm/preact/standalone';
