import { loadConfig } from '../runtime/config.ts';
import { provision } from '../runtime/provision.ts';

/** Makes topics, schemas and tables on the servers that the environment names, and changes nothing that is there: the first step of a deployment. */
export async function provisionServers(): Promise<void> {
  await provision(loadConfig());
  console.log('topics, schemas and tables are in place');
}
