import * as tf from "./tf.js";
import { heap, replaceKernel } from "./wasm-kernels.js";

/** Mends the gradient of maximum pooling on the wasm backend, which is zero wherever a window holds no positive number. */
export function repairMaxPoolGradient(): void {
  replaceKernel<"dy" | "input", tf.MaxPoolGradAttrs>(
    tf.MaxPoolGrad,
    () =>
      ({ inputs: { dy, input }, attrs, backend }) => {
        const { filterSize, strides, pad, dimRoundingMode } = attrs;
        const shape = input.shape as [number, number, number, number];
        const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
        const gradient = backend.makeOutput(input.shape, "float32");
        const [values, above, sums] = [heap(backend, input), heap(backend, dy), heap(backend, gradient)];
        sums.fill(0);
        const channels = info.inChannels;
        const best = new Float32Array(channels);
        const place = new Int32Array(channels);
        for (let batch = 0, out = 0; batch < info.batchSize; batch += 1) {
          for (let outRow = 0; outRow < info.outHeight; outRow += 1) {
            const top = outRow * info.strideHeight - info.padInfo.top;
            const bottom = Math.min(info.inHeight, top + info.filterHeight);
            for (let outColumn = 0; outColumn < info.outWidth; outColumn += 1, out += channels) {
              const left = outColumn * info.strideWidth - info.padInfo.left;
              const right = Math.min(info.inWidth, left + info.filterWidth);
              best.fill(-Infinity);
              place.fill(-1);
              for (let row = Math.max(0, top); row < bottom; row += 1) {
                for (let column = Math.max(0, left); column < right; column += 1) {
                  const at = ((batch * info.inHeight + row) * info.inWidth + column) * channels;
                  for (let channel = 0; channel < channels; channel += 1) {
                    if (values[at + channel]! > best[channel]!) {
                      best[channel] = values[at + channel]!;
                      place[channel] = at + channel;
                    }
                  }
                }
              }
              for (let channel = 0; channel < channels; channel += 1) {
                if (place[channel]! >= 0) sums[place[channel]!]! += above[out + channel]!;
              }
            }
          }
        }
        return gradient;
      },
  );
}
