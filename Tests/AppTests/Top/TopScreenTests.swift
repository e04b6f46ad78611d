import Foundation
import TestSupport
import Testing

@testable import App

/// The screens of `TopSamples`; every number on them is computed by hand in `ServiceFiguresTests`.
@Suite("Screen of harrier top")
struct TopScreenTests {
  @Test("a narrow terminal has two blocks side by side, and a job four lines")
  func columns40() throws {
    let screen = """
      harrier 1.2.3  http://127.0.0.1:8000
      ready: database, files, models

      QUEUE                IMAGES
      waiting           3  images/s       1.50
      oldest   1 min 12 s  slices/s       34.5
      processing        2  detections/s    123
      workers      2 of 3  mean image   1.50 s
      completed/min  4.00  p95 image    3.75 s
      failed/min     1.00  infer use      87 %

      REQUESTS             SERVICE
      requests/s     12.5  CPU           187 %
      5xx/s          0.50  memory      1.21 GB
      p50 latency  6.1 ms  connections      14
      p95 latency   84 ms  standstill      0 s
      in        1.23 MB/s  retries      3 (+1)
      out        345 kB/s  store errors      0

      STAGES  decode 12 %  slice 2 %
              infer 71 %  merge 4 %
              reason 0 %  render 9 %
              store 2 %

      PROCESSING  1 of 2
      job_01kgdv8f2a4c6e8g0j2k4m6n8p
        [###---]  58 %  7/12 images, 1 failed
        normal  attempt 1  age 1 min 12 s
        34 s left  Running sli…e on image2.png

      QUEUED  1 of 3, next first
      job_01kgdvaf2a4c6e8g0j2k4m6n8s
        high  1 image  age 6 s
      q quit  space pause  + - interval
      """
    #expect(screenText(try TopSamples.state(), columns: 40, rows: 34) == screen)
  }

  @Test("a terminal of 80 columns and 24 rows has everything, with one job of each kind")
  func columns80() throws {
    let screen = """
      harrier 1.2.3  http://127.0.0.1:8000                                   every 2 s
      ready: database, files, models  up 2 h 14 min                       02:40:00 UTC

      QUEUE               IMAGES              REQUESTS            SERVICE
      waiting          3  images/s      1.50  requests/s    12.5  CPU          187 %
      oldest  1 min 12 s  slices/s      34.5  5xx/s         0.50  memory     1.21 GB
      processing       2  detections/s   123  p50 latency 6.1 ms  connections     14
      workers     2 of 3  mean image  1.50 s  p95 latency  84 ms  standstill     0 s
      completed/min 4.00  p95 image   3.75 s  in       1.23 MB/s  retries     3 (+1)
      failed/min    1.00  infer use     87 %  out       345 kB/s  store errors     0

      STAGES  decode 12 %  slice 2 %  infer 71 %  merge 4 %  reason 0 %  render 9 %
              store 2 %

      queue length   ▁▂▃▅▆█▆▅▄  max 7
      completed/min  ▁▂▃▄▅▅▆▇█  max 4

      PROCESSING  1 of 2
      job_01kgdv8f2a4c6e8g0j2k4m6n8p  processing  normal  attempt 1  age 1 min 12 s
        [#####-----]  58 %  7/12 images, 1 failed  34 s left  Running sl…on image2.png

      QUEUED  1 of 3, next first
      job_01kgdvaf2a4c6e8g0j2k4m6n8s  queued      high    age 6 s          1 image
      q quit  space pause  + - interval
      """
    #expect(screenText(try TopSamples.state(), columns: 80, rows: 24) == screen)
  }

  @Test("a wide terminal has room between the blocks, and a job two lines")
  func columns120() throws {
    let screen = """
      harrier 1.2.3  http://127.0.0.1:8000                                                                           every 2 s
      ready: database, files, models  up 2 h 14 min                                                               02:40:00 UTC

      QUEUE                          IMAGES                         REQUESTS                       SERVICE
      waiting                   3    images/s               1.50    requests/s             12.5    CPU                   187 %
      oldest           1 min 12 s    slices/s               34.5    5xx/s                  0.50    memory              1.21 GB
      processing                2    detections/s            123    p50 latency          6.1 ms    connections              14
      workers              2 of 3    mean image           1.50 s    p95 latency           84 ms    standstill              0 s
      completed/min          4.00    p95 image            3.75 s    in                1.23 MB/s    retries              3 (+1)
      failed/min             1.00    infer use              87 %    out                345 kB/s    store errors              0

      STAGES  decode 12 %  slice 2 %  infer 71 %  merge 4 %  reason 0 %  render 9 %  store 2 %

      queue length   ▁▂▃▅▆█▆▅▄  max 7
      completed/min  ▁▂▃▄▅▅▆▇█  max 4

      PROCESSING  2
      job_01kgdv8f2a4c6e8g0j2k4m6n8p  processing  normal  attempt 1  age 1 min 12 s
        [########-------]  58 %  7/12 images, 1 failed  34 s left  Running sliced inference on image2.png
      job_01kgdv9f2a4c6e8g0j2k4m6n8q  processing  high    attempt 2  age 9 s
        [---------------]   0 %  0/1 image  Loading the model aerial15-obb

      QUEUED  3, next first
      job_01kgdvaf2a4c6e8g0j2k4m6n8s  queued      high    age 6 s          1 image  1 min 35 s left
      job_01kgdvaf2a4c6e8g0j2k4m6n8r  queued      normal  age 1 min 12 s   100 images  attempt 1
      job_01kgdvaf2a4c6e8g0j2k4m6n8t  queued      low     age 5 s          3 images



      q quit  space pause  + - interval
      """
    #expect(screenText(try TopSamples.state(), columns: 120, rows: 30) == screen)
  }

  @Test("a very wide one has a job a line; without a limit of rows all jobs are there")
  func columns200() throws {
    let screen = """
      harrier 1.2.3  http://127.0.0.1:8000                                                                                                                                                           every 2 s
      ready: database, files, models  up 2 h 14 min                                                                                                                                               02:40:00 UTC

      QUEUE                           IMAGES                          REQUESTS                        SERVICE
      waiting                    3    images/s                1.50    requests/s              12.5    CPU                    187 %
      oldest            1 min 12 s    slices/s                34.5    5xx/s                   0.50    memory               1.21 GB
      processing                 2    detections/s             123    p50 latency           6.1 ms    connections               14
      workers               2 of 3    mean image            1.50 s    p95 latency            84 ms    standstill               0 s
      completed/min           4.00    p95 image             3.75 s    in                 1.23 MB/s    retries               3 (+1)
      failed/min              1.00    infer use               87 %    out                 345 kB/s    store errors               0

      STAGES  decode 12 %  slice 2 %  infer 71 %  merge 4 %  reason 0 %  render 9 %  store 2 %

      queue length   ▁▂▃▅▆█▆▅▄  max 7
      completed/min  ▁▂▃▄▅▅▆▇█  max 4

      PROCESSING  2
      job_01kgdv8f2a4c6e8g0j2k4m6n8p  processing  normal  attempt 1  age 1 min 12 s   7/12 images, 1 failed     [######------]  58 %  34 s left         Running sliced inference on image2.png
      job_01kgdv9f2a4c6e8g0j2k4m6n8q  processing  high    attempt 2  age 9 s          0/1 image                 [------------]   0 %                    Loading the model aerial15-obb

      QUEUED  3, next first
      job_01kgdvaf2a4c6e8g0j2k4m6n8s  queued      high    attempt 0  age 6 s          1 image                   1 min 35 s left
      job_01kgdvaf2a4c6e8g0j2k4m6n8r  queued      normal  attempt 1  age 1 min 12 s   100 images
      job_01kgdvaf2a4c6e8g0j2k4m6n8t  queued      low     attempt 0  age 5 s          3 images
      q quit  space pause  + - interval
      """
    #expect(screenText(try TopSamples.state(), columns: 200, rows: nil) == screen)
  }
}
