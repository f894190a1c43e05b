#!/bin/sh
# Builds a stand-in for DynamoDB Local, for a machine whose Docker engine can reach no image registry. It runs
# dynalite, keeps nothing on disk, and has no transactions, streams or TTL. Needs a Node image: see node.sh.
# usage: [NODE_IMAGE=node:24-slim] scripts/images/dynamodb.sh [tag]
set -eu
tag=${1:-switchyard/stand-in-dynamodb:dynalite}
here=$(cd "$(dirname "$0")" && pwd)
docker build --quiet --build-arg "NODE_IMAGE=${NODE_IMAGE:-node:24-slim}" \
  --file "$here/dynamodb.Dockerfile" --tag "$tag" "$here/../.." > /dev/null
