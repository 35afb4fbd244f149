import { apiHandler } from '../api.ts';
import { readEnv } from '../env.ts';
import { workflowsDeps } from './deps.ts';
import { workflowRoutes } from './workflows.ts';

export const handler = apiHandler('workflows', workflowRoutes(workflowsDeps(readEnv('workflows'))));
