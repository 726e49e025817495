import { Editable, type EditableProps } from './editable.js';

interface PairProps extends EditableProps {
  /** What stands beside the value, where the label also says what it belongs to. */
  name?: string;
}

/** A name and its value, within a list of such pairs. */
export function Pair({ name, ...editable }: PairProps) {
  return (
    <div class="pair">
      <dt>{name ?? editable.label}</dt>
      <dd>
        <Editable {...editable} />
      </dd>
    </div>
  );
}
