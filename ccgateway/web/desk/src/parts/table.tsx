import type { ComponentChildren } from "preact";

/** A part of the page: a heading that the keys reach, and a table that scrolls with the page. */
export function Part(props: {
  id: string;
  title: string;
  beside?: ComponentChildren;
  columns: readonly Column[];
  rows: ComponentChildren[];
  nothing: string;
  below?: ComponentChildren;
}) {
  return (
    <section id={props.id} aria-labelledby={`${props.id}-title`} tabIndex={-1}>
      <header>
        <h2 id={`${props.id}-title`}>{props.title}</h2>
        {props.beside}
      </header>
      <table>
        <thead>
          <tr>{props.columns.map((column) => <Head key={column.name} {...column} />)}</tr>
        </thead>
        <tbody>{props.rows}</tbody>
      </table>
      {props.rows.length === 0 && <p class="nothing">{props.nothing}</p>}
      {props.below}
    </section>
  );
}

export interface Column {
  name: string;
  number?: boolean;
  title?: string;
}

function Head({ name, number, title }: Column) {
  return <th scope="col" class={number ? "number" : ""} title={title}>{name}</th>;
}
