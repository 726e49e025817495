/* Plugins of Swagger UI, see https://swagger.io/docs/open-source-tools/swagger-ui/customization/plugin-api/. */

/**
 * Finds a parameter by its place and name. Swagger UI's own selector merges all parameters of the operation to find one,
 * and is called for each of them: with the 300 filters of a list, that takes seconds.
 */
export const findParametersDirectly = () => ({
  statePlugins: {
    spec: {
      wrapSelectors: {
        parameterWithMetaByIdentity: (original, system) => (state, pathMethod, parameter) => {
          const place = ['paths', ...pathMethod, 'parameters'];
          const isIt = (each) => each.get('in') === parameter.get('in') && each.get('name') === parameter.get('name');
          const found = system.specSelectors.specJsonWithResolvedSubtrees().getIn(place)?.find(isIt);
          if (found === undefined) return original(state, pathMethod, parameter);
          const entered = state.getIn(['meta', ...place]);
          const name = `${parameter.get('in')}.${parameter.get('name')}`;
          return found.merge(entered?.get(name), entered?.get(`${name}.hash-${parameter.hashCode()}`));
        },
      },
    },
  },
});

/** Shows a filter once its name is given; all of them would fill twenty screens. */
export const addFilterByName = ({ React }) => ({
  wrapComponents: {
    parameters: (Parameters) => (props) => {
      const [added, setAdded] = React.useState([]);
      const filters = filtersAmong(props.parameters);
      if (filters.size === 0) return React.createElement(Parameters, props);
      const plain = props.parameters.filterNot((parameter) => filters.has(parameter.get('name')));
      const parameters = plain.concat(added.map((name) => filters.get(name)));
      const names = [...filters.keys()].filter((name) => !added.includes(name));
      const onAdd = (name) => setAdded([...added, name]);
      return React.createElement(
        React.Fragment,
        null,
        React.createElement(Parameters, { ...props, parameters }),
        React.createElement(AddFilter, { React, names, onAdd }),
      );
    },
  },
});

/** By name: parameters such as `total[gte]`, and those without an operator that belong to them, such as `total`. */
function filtersAmong(parameters) {
  const byName = parameters.toOrderedMap().mapKeys((_index, parameter) => parameter.get('name'));
  const attributes = new Set([...byName.keys()].filter((name) => name.includes('[')).map(attributeOf));
  return byName.filter((_parameter, name) => attributes.has(attributeOf(name)));
}

function attributeOf(name) {
  return name.split('[')[0];
}

function AddFilter({ React, names, onAdd }) {
  const list = React.useId();
  const add = ({ target }) => {
    if (!names.includes(target.value)) return;
    onAdd(target.value);
    target.value = '';
  };
  // While a name is typed it may be the beginning of a longer one; one that is picked from the list is whole.
  const isPicked = ({ inputType }) => inputType === undefined || inputType === 'insertReplacementText';
  return React.createElement(
    'label',
    { className: 'add-filter' },
    'Add a filter',
    React.createElement('input', {
      list,
      placeholder: 'Its name, such as total[gte]',
      onInput: (event) => isPicked(event.nativeEvent) && add(event),
      onKeyDown: (event) => event.key === 'Enter' && add(event),
      onBlur: add,
    }),
    React.createElement(
      'datalist',
      { id: list },
      names.map((name) => React.createElement('option', { key: name, value: name })),
    ),
  );
}

/** Understands a key that was copied together with the word before it in the header, as in `Bearer sk_…`. */
export const takeKeyWithScheme = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        authorize: (original) => (entries) =>
          original(Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, withoutScheme(entry)]))),
      },
    },
  },
});

function withoutScheme(entry) {
  if (typeof entry.value !== 'string') return entry;
  return { ...entry, value: entry.value.trim().replace(/^Bearer\s+/i, '') };
}
