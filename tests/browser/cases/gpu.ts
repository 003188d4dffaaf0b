/**
 * What a GPU backend would find in this browser: WebGL2 with float textures, WebGPU. Each is tried with a small computation.
 *
 * A browser without them is no failure (it is the one that is here), one in which they compute wrong numbers is.
 */
import * as assert from 'uvu/assert';
import type { PageCase } from '../page-case.ts';

// The types of the DOM have WebGPU's interfaces, not yet its constants.
declare const GPUBufferUsage: Readonly<Record<'STORAGE' | 'COPY_SRC' | 'COPY_DST' | 'MAP_READ', number>>;
declare const GPUMapMode: Readonly<Record<'READ', number>>;

const doubleInGlsl = [
  '#version 300 es\nin vec2 at; void main() { gl_Position = vec4(at, 0, 1); }',
  '#version 300 es\nprecision highp float; out vec4 color; void main() { color = vec4(2.0 * gl_FragCoord.x, -1e30, 0, 1); }',
] as const;

const doubleInWgsl = `
  @group(0) @binding(0) var<storage, read_write> values: array<f32>;
  @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { values[id.x] = 2 * values[id.x]; }`;

function shader(gl: WebGL2RenderingContext, type: number, source: string): WebGLShader {
  const made = gl.createShader(type)!; // null only where the context is lost
  gl.shaderSource(made, source);
  gl.compileShader(made);
  assert.ok(gl.getShaderParameter(made, gl.COMPILE_STATUS), gl.getShaderInfoLog(made) ?? '');
  return made;
}

/** Draws two pixels into a float texture and reads them back. */
function webgl2(): string {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (gl === null) return 'not available';
  const unmasked = gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL;
  const renderer = gl.getParameter(unmasked ?? gl.RENDERER);
  const floats = gl.getExtension('EXT_color_buffer_float') !== null;
  const figures = `${renderer}; textures up to ${gl.getParameter(gl.MAX_TEXTURE_SIZE)}`;
  if (!floats) return `${figures}; no float textures`;
  const program = gl.createProgram();
  gl.attachShader(program, shader(gl, gl.VERTEX_SHADER, doubleInGlsl[0]));
  gl.attachShader(program, shader(gl, gl.FRAGMENT_SHADER, doubleInGlsl[1]));
  gl.linkProgram(program);
  gl.useProgram(program);
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA32F, 2, 1);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, Float32Array.of(-1, -1, 3, -1, -1, 3), gl.STATIC_DRAW);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
  gl.viewport(0, 0, 2, 1);
  gl.drawArrays(gl.TRIANGLES, 0, 3);
  const pixels = new Float32Array(8);
  gl.readPixels(0, 0, 2, 1, gl.RGBA, gl.FLOAT, pixels);
  assert.equal([...pixels], [...Float32Array.of(1, -1e30, 0, 1, 3, -1e30, 0, 1)]);
  return `${figures}; float textures`;
}

/** Doubles four numbers in a storage buffer. */
async function webgpu(): Promise<string> {
  const adapter = (await navigator.gpu?.requestAdapter()) ?? null;
  if (adapter === null) return 'not available';
  const device = await adapter.requestDevice();
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const values = device.createBuffer({ size: 16, usage: STORAGE | COPY_SRC | COPY_DST });
  const read = device.createBuffer({ size: 16, usage: COPY_DST | MAP_READ });
  device.queue.writeBuffer(values, 0, Float32Array.of(1, -2, 3, 1e30));
  const module = device.createShaderModule({ code: doubleInWgsl });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } });
  const layout = pipeline.getBindGroupLayout(0);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer: values } }] }),
  );
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(values, 0, read, 0, 16);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  assert.equal([...new Float32Array(read.getMappedRange())], [...Float32Array.of(2, -4, 6, 2e30)]);
  const { vendor, architecture, description } = adapter.info;
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  device.destroy();
  const megabytes = Math.min(maxBufferSize, maxStorageBufferBindingSize) / 2 ** 20;
  return `${[vendor, architecture, description].filter(Boolean).join(' ')}; buffers up to ${megabytes} MB`;
}

export const cases: readonly PageCase[] = [
  { name: 'WebGL2', run: webgl2 },
  { name: 'WebGPU', run: webgpu },
];
