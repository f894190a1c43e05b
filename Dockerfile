# One image recipe for every process. Which one is a build argument:
#   docker build --build-arg SERVICE=ingest -t switchyard/ingest:local .
#   docker build --build-arg SERVICE=simulator --build-arg SERVICE_DIR=packages/simulator -t switchyard/simulator:local .
# The classic builder and BuildKit both build it, on any base image that has Node 24, npm, a shell and find.
ARG NODE_IMAGE=node:24-slim

# The manifests alone, so that the install below stays cached until a dependency changes.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name pnpm-lock.yaml ! -name pnpm-workspace.yaml ! -name .npmrc -exec rm {} +

FROM ${NODE_IMAGE} AS modules
WORKDIR /app
COPY --from=manifests /app/package.json ./
RUN npm install --global --no-audit --no-fund --loglevel=error \
  "$(node --print 'require("./package.json").packageManager')"
COPY --from=manifests /app ./
ARG SERVICE
# --no-optional keeps out the Node binary that the workspace root carries for laptops. --filter-prod, because
# --filter would follow devDependencies into the test tools. --trust-lockfile skips asking the registry about
# every entry of the lockfile, which takes a minute; the packages are still checked against its hashes.
RUN pnpm install --frozen-lockfile --trust-lockfile --prod --no-optional --filter-prod "@switchyard/${SERVICE}..."

FROM ${NODE_IMAGE}
ARG SERVICE
ARG SERVICE_DIR=services/${SERVICE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY --from=modules /app/packages/shared packages/shared
COPY --from=modules /app/${SERVICE_DIR} ${SERVICE_DIR}
COPY packages/shared packages/shared
COPY ${SERVICE_DIR} ${SERVICE_DIR}
COPY switchyard.yaml prices.json ./
# A number, not a name: Kubernetes can only prove of a number that it is not root.
USER 1000:1000
WORKDIR /app/${SERVICE_DIR}
CMD ["node", "src/main.ts"]
