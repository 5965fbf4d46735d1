import { loadConfig } from '../runtime/config.ts';
import { provision } from '../runtime/provision.ts';

/** Makes topics, schemas and tables on the servers that the environment names, then ends: the first step of a deployment. */
try {
  await provision(loadConfig());
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
