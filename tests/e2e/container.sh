#!/usr/bin/env bash
# The Containerfile built and started, where the images that it begins with can be had.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    [ "$(id -u)" -eq 0 ] || skip "only root builds images here"
    timeout 10 bash -c 'exec 3<> /dev/tcp/registry-1.docker.io/443' 2> /dev/null ||
        skip "docker.io, where the images of packaging/Containerfile begin, cannot be reached"
    install buildah buildah
    buildah --storage-driver vfs bud -f "$ROOT/packaging/Containerfile" -t sekisho "$ROOT" > "$T/build.log" 2>&1 ||
        { fail "the image cannot be built: $(tail -n 3 "$T/build.log")"; finish; }
    CONTAINER=$(buildah --storage-driver vfs from sekisho) || { fail "no container"; finish; }
    equal "the program is in it" "$(buildah --storage-driver vfs run "$CONTAINER" -- /usr/bin/sekisho --version)" "$("$SEKISHO" --version)"
    equal "it is not root" "$(buildah --storage-driver vfs run "$CONTAINER" -- id -un)" sekisho
    finish
}

before_clean_up() {
    [ -n "${CONTAINER:-}" ] && buildah --storage-driver vfs rm "$CONTAINER" > /dev/null 2>&1
    return 0
}

main
