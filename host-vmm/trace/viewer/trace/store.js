// SPDX-License-Identifier: MIT
// What the parts of the page share: a few values, and who wants to know when one changes.

export function createStore(initial) {
    const values = {...initial};
    const listeners = [];
    return {
        get(name) {
            return values[name];
        },
        // Tells everyone who listens to this name, even where the value is the same object as
        // before.
        set(name, value) {
            values[name] = value;
            for (const listener of listeners)
                if (listener.name === name)
                    listener.tell(value);
        },
        on(name, tell) {
            listeners.push({name, tell});
        },
    };
}
