// What the page remembers on this device. Where that is not allowed, it forgets.

const prefix = "chatroom.";

export function recall(storage, key) {
    try {
        return storage.getItem(prefix + key) ?? "";
    } catch {
        return "";
    }
}

/// Keeps a text; an empty one is as good as none.
export function remember(storage, key, text) {
    try {
        if (text === "") storage.removeItem(prefix + key);
        else storage.setItem(prefix + key, text);
    } catch {
        // Full or forbidden.
    }
}
