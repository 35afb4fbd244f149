import { bundleFunctions, coldLoad } from './bundle.ts';

/** `npm run build`: bundles the functions and says how much Node reads at the cold start of each. */
for (const [name, bundle] of Object.entries(await bundleFunctions())) {
  const kilobytes = Math.ceil(coldLoad(bundle).bytes / 1024);
  console.log(`${name.padEnd(8)} ${String(kilobytes).padStart(4)} KB cold  ${bundle.version}`);
}
