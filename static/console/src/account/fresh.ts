/* What cannot be taken back wants a recent login: the person is sent there, comes back to the same page and
 * does it again. */
import { wantsLogin } from '../lib/api';
import { signIn } from '../lib/auth';

export async function fresh<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (wantsLogin(error)) await signIn({ max_age: '0' });
    throw error;
  }
}
