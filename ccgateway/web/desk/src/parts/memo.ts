import { Component, type ComponentChild } from "preact";

/** A component that is drawn anew only where a prop is another: of hundreds of rows few change at a
    time. It must read no signals itself. */
export function memo<Props extends object>(draw: (props: Props) => ComponentChild) {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const names = Object.keys(next) as (keyof Props)[];
      return names.some((name) => next[name] !== this.props[name]);
    }

    override render(): ComponentChild {
      return draw(this.props);
    }
  };
}
