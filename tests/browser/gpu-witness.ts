/**
 * What this page does on its GPU, seen from outside: the textures and buffers it holds, the draws and dispatches it has asked
 * for.
 *
 * The prototypes of WebGL2 and WebGPU are wrapped, so that nothing that gpu.js does escapes. To be imported before it starts.
 */
const live = new Set<object>();

export const witness = {
  /** Draws by WebGL2. */
  draws: 0,
  /** Dispatches of compute shaders by WebGPU. */
  dispatches: 0,
  /** Programs and compute pipelines made. */
  programs: 0,
  /** Textures and buffers made and not deleted. */
  get live(): number {
    return live.size;
  },
};

const gl = WebGL2RenderingContext.prototype;
const { createTexture, deleteTexture, drawArrays, createProgram } = gl;
gl.createTexture = function () {
  const texture = createTexture.call(this);
  if (texture !== null) live.add(texture);
  return texture;
};
gl.deleteTexture = function (texture) {
  if (texture) live.delete(texture);
  deleteTexture.call(this, texture);
};
gl.drawArrays = function (mode, first, count) {
  witness.draws++;
  drawArrays.call(this, mode, first, count);
};
gl.createProgram = function () {
  witness.programs++;
  return createProgram.call(this);
};

if (typeof GPUDevice !== 'undefined') {
  const { createBuffer, createComputePipeline } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    live.add(buffer);
    return buffer;
  };
  GPUDevice.prototype.createComputePipeline = function (descriptor) {
    witness.programs++;
    return createComputePipeline.call(this, descriptor);
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    live.delete(this);
    return destroy.call(this);
  };
  const { dispatchWorkgroups } = GPUComputePassEncoder.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (x, y, z) {
    witness.dispatches++;
    return dispatchWorkgroups.call(this, x, y, z);
  };
}
