/* Pages are loaded when they are first shown. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { Failure, Spinner } from '../ui/basics';

type Loader<P> = () => Promise<{ default: ComponentType<P> }>;

export function lazy<P extends object>(load: Loader<P>): ComponentType<P> {
  let found: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [state, setState] = useState<{ page?: ComponentType<P>; error?: unknown }>({ page: found });
    useEffect(() => {
      if (found) return;
      load().then(
        (m) => setState({ page: (found = m.default) }),
        (error) => setState({ error }),
      );
    }, []);
    // A part that is gone belongs to a program that was renewed meanwhile: so must this page be.
    if (state.error) return <Failure error={state.error} retry={() => location.reload()} />;
    const Page = state.page;
    return Page ? <Page {...props} /> : <Spinner />;
  };
}
