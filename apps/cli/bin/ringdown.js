#!/usr/bin/env node
// Plain JavaScript, so that an old Node can still read it and say what is missing.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24 && process.versions.bun === undefined) {
  console.error(
    `ringdown: this is Node ${process.versions.node}; Node 24 is needed. Run it as "npx ringdown" after "npm ci", which brings Node 24 along.`,
  );
  process.exit(1);
}
const { main } = await import('../src/index.ts');
await main(process.argv.slice(2));
