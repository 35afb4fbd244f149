import { echo } from './contract.ts';

export default echo.run(async (payload) => payload);
