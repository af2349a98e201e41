# Runs a compiler without what Meson tells every linker of groups of libraries: wasm-ld, which needs
# none, does not know it.
for word; do
    shift
    case $word in -Wl,--start-group|-Wl,--end-group) ;; *) set -- "$@" "$word" ;; esac
done
exec "$@"
