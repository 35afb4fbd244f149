// Plain JavaScript on purpose: it must also run, and say what to do, where TypeScript does not run.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    [
      `TaskQ needs Node 24 or newer; this is Node ${process.versions.node} (${process.execPath}).`,
      '`npm install` brings Node 24 along as a package, unless install scripts are switched off.',
      'Either install Node 24 yourself, or run:  npm rebuild node --ignore-scripts=false',
    ].join('\n'),
  );
  process.exit(1);
}
