# One image for every role: the command says which part of the flow a container runs.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional packages are the servers of the local stack and a Node for machines without one: a container needs neither.
RUN npm ci --omit=dev --omit=optional

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY schemas schemas
COPY connectors connectors
COPY processors processors
COPY topology topology
COPY ingress ingress
RUN mkdir data && chown node:node data
ENV IAROS_DATA_DIR=/app/data NODE_COMPILE_CACHE=/tmp/compiled
USER node
# As pid 1 Node would have no default for signals; every role handles SIGTERM itself and drains.
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning"]
CMD ["topology/cli.ts", "run", "all"]
