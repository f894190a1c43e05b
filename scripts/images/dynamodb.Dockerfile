# A stand-in for DynamoDB Local: dynalite at the version and hashes of the workspace's lockfile.
ARG NODE_IMAGE=node:24-slim
FROM ${NODE_IMAGE}
WORKDIR /app
COPY . .
RUN npm install --global --no-audit --no-fund --loglevel=error \
    "$(node --print 'require("./package.json").packageManager')" \
  && pnpm install --frozen-lockfile --trust-lockfile --prod --no-optional --filter-prod @switchyard/testkit \
  && npm uninstall --global --loglevel=error pnpm && rm -rf /root/.local /root/.npm /root/.cache
RUN cp scripts/images/dynamodb.mjs packages/testkit/
USER 1000:1000
LABEL io.switchyard.stand-in="DynamoDB Local, by dynalite"
EXPOSE 8000
ENTRYPOINT ["node", "/app/packages/testkit/dynamodb.mjs"]
