# One image for nodes and the gateway; docker-compose.yml says which of them a container runs.

# What npm reads of the workspaces, so that packages are installed anew only when that changes.
FROM node:24.22.3-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY apps apps
COPY libs libs
COPY examples examples
RUN find apps libs examples -type f ! -name package.json -delete

FROM node:24.22.3-bookworm-slim AS build
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY apps apps
COPY libs libs
COPY scripts scripts
COPY types types
RUN npm run build

FROM node:24.22.3-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=manifests /app ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY --from=build /app/dist dist
COPY config config
# A volume mounted here is the user's, who may not be root.
RUN mkdir /data && chown node:node /data
USER node
CMD ["node", "--enable-source-maps", "dist/programs/node.js"]
