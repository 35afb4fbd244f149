import { apiHandler } from '../api.ts';
import { readEnv } from '../env.ts';
import { manageDeps } from './deps.ts';
import { manage } from './manage.ts';

export const handler = apiHandler('manage', manage(manageDeps(readEnv('manage'))));
